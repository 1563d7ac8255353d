{#
    The quarter of an hour in which a UTC second lies, counted from 1684 so that it is never negative. Time zones have
    differed from UTC by whole quarters, and changed at whole quarters, since 1972: a quarter lies on one local day.
#}
{% macro quarter_hour(utc_seconds) -%}
    {{ int_div("(" ~ utc_seconds ~ " + 9000000000)", 900) }}
{%- endmacro %}
