"""What people see: the Starlette app, its endpoints and models."""
