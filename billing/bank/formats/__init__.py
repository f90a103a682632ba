"""Banks' file formats, one module each; pure, and strict: a file is read whole or refused."""
