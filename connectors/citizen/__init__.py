"""Citizen channels: the page behind a QR code, and the WeChat public account. Both report as grid workers do."""
