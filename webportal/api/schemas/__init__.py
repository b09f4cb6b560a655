"""What calls say and are answered, as the OpenAPI document has it."""
