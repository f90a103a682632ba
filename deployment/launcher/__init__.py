"""The launcher behind the Makefile: private servers, one supervisor, the test runs.

Standard library only: it has to run before the virtual environment exists.
"""
