"""Strips and pages whose traces are lines of a document, as carts export them: read exactly."""
