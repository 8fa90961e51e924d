"""What a preset is: the data model, from which validation, schema, help and reference are made."""
