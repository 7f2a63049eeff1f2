"""What somebody has typed on a case and not sent yet."""
