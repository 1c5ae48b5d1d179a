"""What people see: the Starlette app, its endpoints, what they take and what they answer."""
