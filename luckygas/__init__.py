"""The system that runs Lucky Gas: settings and roof here, the cellar in ``luckygas.core``."""
