"""The bank: its file formats and account numbers (pure), and the SFTP client that fetches its files."""
