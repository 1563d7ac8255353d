{# Generated from the contracts by `python -m incentives.feeds.staging_models`: change the contract, not this file. #}
{% macro feed_names() %}
    {{ return([
        'order_lines',
        'interactions',
        'associates',
        'assignments',
        'locations',
        'customers',
        'permissions',
        'customer_identifiers',
        'client_ownership',
        'targets',
        'fx_rates',
        'feedback',
        'hours',
        'calendars',
        'scores',
        'credit_overrides',
        'control_totals',
    ]) }}
{% endmacro %}
