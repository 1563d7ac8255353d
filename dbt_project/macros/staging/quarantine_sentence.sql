{# A sentence about a fault for the person who mends the delivery. #}
{% macro quarantine_sentence(reason, column, value) -%}
    case {{ reason }}
            when 'required_value_missing' then concat({{ column }}, ' is empty; every row needs it.')
            when 'bad_key' then concat({{ column }}, ' holds the control character 31, which no key may hold.')
            when 'source_mismatch' then concat('source ''', {{ value }}, ''' may not be delivered by this system; sources.<name>.delivers_for in incentives.toml lists what it may deliver.')
            when 'unknown_value' then concat({{ column }}, ' ''', {{ value }}, ''' is not one of the values that the feed allows.')
            when 'unknown_currency' then concat({{ column }}, ' ''', {{ value }}, ''' is not an ISO 4217 currency.')
            when 'unknown_time_zone' then concat({{ column }}, ' ''', {{ value }}, ''' is not an IANA time zone such as Europe/Paris.')
            when 'bad_timestamp' then concat({{ column }}, ' ''', {{ value }}, ''' is not an ISO 8601 timestamp such as 2026-03-31T18:05:00+02:00.')
            when 'timestamp_without_offset' then concat({{ column }}, ' ''', {{ value }}, ''' has no offset, and no time zone is configured for its source.')
            when 'timestamp_skipped_by_clock' then concat({{ column }}, ' ''', {{ value }}, ''' does not exist in the time zone of its source: the clock was put forward.')
            when 'bad_date' then concat({{ column }}, ' ''', {{ value }}, ''' is not a day of the calendar, written as 2026-03-31.')
            when 'bad_boolean' then concat({{ column }}, ' ''', {{ value }}, ''' is neither true nor false.')
            when 'bad_amount' then concat({{ column }}, ' ''', {{ value }}, ''' is not a plain decimal such as 1250.00.')
            when 'amount_too_precise' then concat({{ column }}, ' ''', {{ value }}, ''' has more digits after the point than its currency.')
            when 'amount_too_large' then concat({{ column }}, ' ''', {{ value }}, ''' is beyond 10^13 minor units.')
            when 'bad_number' then concat({{ column }}, ' ''', {{ value }}, ''' is not a plain decimal such as 12.5.')
            when 'number_too_precise' then concat({{ column }}, ' ''', {{ value }}, ''' has more digits after the point than the feed allows.')
            when 'number_too_large' then concat({{ column }}, ' ''', {{ value }}, ''' has too many digits.')
            when 'value_out_of_range' then concat({{ column }}, ' ''', {{ value }}, ''' is outside the range that the feed allows.')
            when 'bad_sellers' then concat({{ column }}, ' ''', {{ value }}, ''' is neither a1|a2 nor a1:70|a2:30 with whole shares that sum to 100.')
            when 'sign_contradicts_kind' then concat('A ', {{ value }}, ': the sign of the net amount or the quantity contradicts the kind.')
            when 'ends_before_it_begins' then concat({{ column }}, ' ''', {{ value }}, ''' is not after the beginning.')
            when 'pulse_without_team' then concat({{ column }}, ' is empty; an employee_pulse is kept for its team alone, and needs it.')
            when 'overlapping_target' then concat('The target from ', {{ value }}, ' overlaps another of the same subject and measure.')
            when 'overlapping_assignment' then concat('The assignment states its end ', {{ value }}, ', beyond the beginning of the person''s next one.')
            when 'conflicting_rows' then concat('Two different rows with one key (', {{ column }}, ') arrived together, and source_updated_at does not decide between them.')
            else {{ reason }}
        end
{%- endmacro %}
