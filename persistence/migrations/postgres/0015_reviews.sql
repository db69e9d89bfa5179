-- What was learned from goes by months like other events. The function is that of 0012 with one more table; a new text of it
-- loses its search path, not who may run it.
CREATE OR REPLACE FUNCTION schoolbell_keep_months(events text, keep bigint) RETURNS TABLE (part text, made boolean)
LANGUAGE plpgsql SECURITY DEFINER SET lock_timeout = '1s' AS $function$
DECLARE
    this_month CONSTANT timestamp := date_trunc('month', now() AT TIME ZONE 'UTC');
    oldest CONSTANT timestamp := this_month - make_interval(months => keep::int);
    rest CONSTANT text := events || '_rest';
    month timestamp;
BEGIN
    IF events NOT IN ('answer', 'attendance_span', 'audit_log', 'response', 'review_log') OR keep < 1 OR keep > 12000 THEN
        RAISE EXCEPTION 'no months of % are kept for % months', events, keep USING ERRCODE = 'invalid_parameter_value';
    END IF;
    -- The number is the lock's name, chosen once.
    IF NOT pg_try_advisory_xact_lock(7061644215716937729) THEN
        RETURN;
    END IF;
    FOR ahead IN 0..3 LOOP
        month := this_month + make_interval(months => ahead);
        IF schoolbell_make_month(events, month) THEN
            RETURN QUERY SELECT events || to_char(month, '"_"YYYY"_"MM'), TRUE;
        END IF;
    END LOOP;
    IF keep IS NULL THEN
        RETURN;
    END IF;
    -- The names sort as their months do.
    FOR part IN
        SELECT relname::text FROM pg_inherits JOIN pg_class ON pg_class.oid = inhrelid
        WHERE inhparent = events::regclass AND relname ~ ('^' || events || '_\d{4}_\d\d$')
            AND relname < events || to_char(oldest, '"_"YYYY"_"MM')
        ORDER BY relname
    LOOP
        EXECUTE format('DROP TABLE %I', part);
        made := FALSE;
        RETURN NEXT;
    END LOOP;
    IF pg_relation_size(rest::regclass) > 0 THEN
        EXECUTE format('ALTER TABLE %I NO FORCE ROW LEVEL SECURITY', rest);
        EXECUTE format('DELETE FROM %I WHERE occurred_us < %s', rest, schoolbell_us(oldest));
        EXECUTE format('ALTER TABLE %I FORCE ROW LEVEL SECURITY', rest);
    END IF;
END
$function$;

-- Who runs as the owner must not find another's tables under these names.
DO $path$
BEGIN
    EXECUTE format('ALTER FUNCTION schoolbell_keep_months SET search_path = %I, pg_temp', current_schema());
END
$path$;
