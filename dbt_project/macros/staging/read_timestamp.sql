{#
    Text to a UTC timestamp (without zone), or null where it does not follow the one grammar that is accepted:

        YYYY-MM-DD, T or a blank, HH:MM[:SS[.f]], then Z, an offset (+02, +0200, +02:00) or nothing

    Engines disagree about 7 of 28 spellings, so nothing is cast before it matched. Without an offset the time is read
    in `time_zone` (null: not at all); a time that the clock of the zone skips is null. Digits after the microsecond
    are cut.
#}
{% macro read_timestamp(text, time_zone) -%}
    case
            when {{ full_match(text, timestamp_grammar() ~ '(Z|[+-](0[0-9]|1[0-4])(:?[0-5][0-9])?)') }}
                then {{ offset_to_utc(text) }}
            when {{ time_zone }} is not null and {{ full_match(text, timestamp_grammar()) }}
                then {{ read_local_timestamp('try_cast(substr(' ~ text ~ ', 1, 26) as timestamp)', time_zone) }}
        end
{%- endmacro %}

{% macro timestamp_grammar() -%}
    [1-9][0-9]{3}-[0-9]{2}-[0-9]{2}[T ]([01][0-9]|2[0-3]):[0-5][0-9](:[0-5][0-9]([.][0-9]{1,9})?)?
{%- endmacro %}

{% macro read_local_timestamp(local_timestamp, time_zone) -%}
    {%- set utc = local_to_utc(local_timestamp, time_zone) -%}
    case when {{ utc_to_local(utc, time_zone) }} = {{ local_timestamp }} then {{ utc }} end
{%- endmacro %}
