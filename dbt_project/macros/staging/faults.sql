{#
    The branches of the case expression that gives a delivered row's first fault. A fault is the text
    reason, column, value joined with char(31); quarantine splits it and puts it into a sentence.
#}
{% macro fault(reason, column, value) -%}
    concat_ws(chr(31), '{{ reason }}', '{{ column }}', substr(coalesce({{ value }}, ''), 1, 100))
{%- endmacro %}

{% macro fault_if_missing(column) -%}
    when coalesce(trim({{ column }}), '') = '' then {{ fault('required_value_missing', column, "''") }}
{%- endmacro %}

{# char(31) separates the parts of keys, so that no part may hold it. #}
{% macro fault_if_separator_in(columns) -%}
    {%- for column in columns %}
            when instr({{ column }}, chr(31)) > 0 then {{ fault('bad_key', column, "''") }}
    {%- endfor -%}
{%- endmacro %}

{% macro fault_if_other_source() -%}
    when source <> delivered_by and coalesce(delivers_for, '') <> '*'
                and instr(coalesce(delivers_for, ''), concat(chr(31), source, chr(31))) = 0
                then {{ fault('source_mismatch', 'source', 'source') }}
{%- endmacro %}

{% macro fault_if_not_one_of(column, allowed) -%}
    when {{ column }} not in ('{{ allowed | join("', '") }}') then {{ fault('unknown_value', column, column) }}
{%- endmacro %}

{# A value was delivered and could not be read. #}
{% macro fault_if_unread(column, read, reason) -%}
    when {{ column }} is not null and {{ read }} is null then {{ fault(reason, column, column) }}
{%- endmacro %}

{% macro fault_if_no_currency_code(column) -%}
    when not {{ full_match(column, '[A-Z]{3}') }} then {{ fault('unknown_currency', column, column) }}
{%- endmacro %}

{% macro fault_if_unread_timestamp(column, read) -%}
    when {{ column }} is not null and {{ read }} is null
                then case
                    when not {{ full_match(column, timestamp_grammar()) }} or try_cast(substr({{ column }}, 1, 26) as timestamp) is null
                        then {{ fault('bad_timestamp', column, column) }}
                    when source_zone is null then {{ fault('timestamp_without_offset', column, column) }}
                    else {{ fault('timestamp_skipped_by_clock', column, column) }}
                end
{%- endmacro %}

{% macro fault_if_unread_amount(column, read, currency_digits) -%}
    when {{ column }} is not null and ({{ read }} is null or abs({{ read }}) > 10000000000000)
                then case
                    when not {{ full_match(column, '[+-]?[0-9]+([.][0-9]+)?') }} then {{ fault('bad_amount', column, column) }}
                    when {{ digits_after_point(column) }} > {{ currency_digits }} then {{ fault('amount_too_precise', column, column) }}
                    else {{ fault('amount_too_large', column, column) }}
                end
{%- endmacro %}

{% macro fault_if_unread_decimal(column, read, scale) -%}
    when {{ column }} is not null and {{ read }} is null
                then case
                    when not {{ full_match(column, '[+-]?[0-9]+([.][0-9]+)?') }} then {{ fault('bad_number', column, column) }}
                    when {{ digits_after_point(column) }} > {{ scale }} then {{ fault('number_too_precise', column, column) }}
                    else {{ fault('number_too_large', column, column) }}
                end
{%- endmacro %}

{% macro fault_if_outside(column, read, lowest, highest=none) -%}
    when {{ read }} < {{ lowest }}{% if highest is not none %} or {{ read }} > {{ highest }}{% endif %} then {{ fault('value_out_of_range', column, column) }}
{%- endmacro %}

{# a1|a2, or a1:70|a2:30 with whole shares that sum to 100. #}
{% macro fault_if_bad_sellers(column) -%}
    when {{ column }} is not null
                and case
                    when {{ full_match(column, '[^|:]+([|][^|:]+)*') }} then false
                    when {{ full_match(column, '[^|:]+:[0-9]{1,3}([|][^|:]+:[0-9]{1,3})*') }} then {{ share_sum(column) }} <> 100
                    else true
                end
                then {{ fault('bad_sellers', column, column) }}
{%- endmacro %}

{# A line of 0 contradicts nothing; neither does a quantity of 0. #}
{% macro fault_if_sign_contradicts_kind() -%}
    when (kind = 'sale' and (net_minor < 0 or (net_minor > 0 and quantity_milli < 0)))
                or (kind = 'return' and (net_minor > 0 or (net_minor < 0 and quantity_milli > 0)))
                then {{ fault('sign_contradicts_kind', 'net_amount', "concat(kind, ' of ', net_amount, ' for ', quantity)") }}
{%- endmacro %}

{% macro fault_if_not_after(column, starts, ends) -%}
    when {{ ends }} <= {{ starts }} then {{ fault('ends_before_it_begins', column, column) }}
{%- endmacro %}

{# The value of a target is an amount where a currency is given, and a plain number elsewhere. #}
{% macro fault_if_unread_target() -%}
    when value is not null
                and ((currency is not null and (value_minor is null or abs(value_minor) > 10000000000000)) or (currency is null and value_milli is null))
                then case
                    when not {{ full_match('value', '[+-]?[0-9]+([.][0-9]+)?') }} then {{ fault('bad_number', 'value', 'value') }}
                    when currency is not null and {{ digits_after_point('value') }} > currency_digits then {{ fault('amount_too_precise', 'value', 'value') }}
                    when currency is not null then {{ fault('amount_too_large', 'value', 'value') }}
                    when {{ digits_after_point('value') }} > 3 then {{ fault('number_too_precise', 'value', 'value') }}
                    else {{ fault('number_too_large', 'value', 'value') }}
                end
{%- endmacro %}

{% macro fault_if_pulse_without_team() -%}
    when kind = 'employee_pulse' and coalesce(trim(team_id), '') = '' then {{ fault('pulse_without_team', 'team_id', "''") }}
{%- endmacro %}
