"""What every request passes through, outermost first: headers, the guard, the bound on bodies. Pure ASGI."""
