"""What programs have stored of the traffic: documents, lines of documents, envelopes around them, and streams."""
