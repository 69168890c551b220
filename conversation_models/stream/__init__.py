"""Server-sent events to typed events to responses, and back."""
