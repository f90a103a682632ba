"""One working day through the whole house, by the same services that people use (``manage.py run_day``)."""
