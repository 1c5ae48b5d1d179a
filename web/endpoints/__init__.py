"""Handlers, a file a noun; the route table in `web.app` names them."""
