"""First Bank's file gateway: an SFTP server with the day's deposit files."""
