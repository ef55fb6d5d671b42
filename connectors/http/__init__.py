"""What all HTTP parts of the hub share: the application, its errors, bodies within limits, and the server."""
