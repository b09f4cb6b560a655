"""The pages about analyses, one module a page."""
