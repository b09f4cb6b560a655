"""What a model for recordings says of whole recordings, measured beat by beat, by record, and with an expert's hand."""
