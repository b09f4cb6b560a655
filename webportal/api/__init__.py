"""The interface for programs: ``/api/v1/``, and the access tokens that open it."""
