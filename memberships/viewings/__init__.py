"""Which personal data staff have looked at, for the auditor of the network."""
