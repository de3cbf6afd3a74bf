-- The audit trail: partitioned by month, insert-only for the application's role, guarded by triggers even against the owner's slips.
CREATE TABLE audit_entries (
  "time" timestamptz(3) NOT NULL DEFAULT now(),
  id text NOT NULL,
  agent_time timestamptz(3),
  actor_type text NOT NULL CHECK (actor_type IN ('person', 'token', 'agent', 'system', 'anonymous')),
  actor_id text NOT NULL,
  actor_name text NOT NULL,
  on_behalf_of text,
  ip text,
  action text NOT NULL,
  subject_type text NOT NULL,
  subject_id text NOT NULL,
  subject_name text NOT NULL,
  outcome text NOT NULL CHECK (outcome IN ('success', 'refused', 'failed')),
  reason text,
  http_request_id text,
  correlation text,
  payload_digest text,
  before_digest text,
  after_digest text,
  server_id text,
  tool_id text,
  identity_id text,
  request_id text,
  detail jsonb,
  PRIMARY KEY ("time", id)
) PARTITION BY RANGE ("time");
--> statement-breakpoint
CREATE INDEX audit_entries_action_idx ON audit_entries (action, "time" DESC, id DESC);
--> statement-breakpoint
CREATE INDEX audit_entries_actor_idx ON audit_entries (actor_id, "time" DESC, id DESC);
--> statement-breakpoint
CREATE INDEX audit_entries_server_idx ON audit_entries (server_id, "time" DESC, id DESC) WHERE server_id IS NOT NULL;
--> statement-breakpoint
CREATE INDEX audit_entries_tool_idx ON audit_entries (tool_id, "time" DESC, id DESC) WHERE tool_id IS NOT NULL;
--> statement-breakpoint
CREATE INDEX audit_entries_identity_idx ON audit_entries (identity_id, "time" DESC, id DESC) WHERE identity_id IS NOT NULL;
--> statement-breakpoint
CREATE INDEX audit_entries_request_idx ON audit_entries (request_id, "time" DESC, id DESC) WHERE request_id IS NOT NULL;
--> statement-breakpoint
CREATE TABLE audit_queue (
  position bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  entry_time timestamptz(3) NOT NULL,
  entry_id text NOT NULL
);
--> statement-breakpoint
CREATE TABLE audit_leaves (
  index bigint PRIMARY KEY,
  entry_time timestamptz(3) NOT NULL,
  entry_id text NOT NULL UNIQUE,
  leaf_hash text NOT NULL CHECK (leaf_hash ~ '^[0-9a-f]{64}$')
);
--> statement-breakpoint
CREATE FUNCTION assentry_refuse_rewrite() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  RAISE EXCEPTION '% on % is refused: the audit trail is append-only', TG_OP, TG_TABLE_NAME USING ERRCODE = 'insufficient_privilege';
END $$;
--> statement-breakpoint
CREATE TRIGGER audit_entries_no_rewrite BEFORE UPDATE OR DELETE ON audit_entries
  FOR EACH ROW EXECUTE FUNCTION assentry_refuse_rewrite();
--> statement-breakpoint
CREATE TRIGGER audit_entries_no_truncate BEFORE TRUNCATE ON audit_entries
  FOR EACH STATEMENT EXECUTE FUNCTION assentry_refuse_rewrite();
--> statement-breakpoint
CREATE TRIGGER audit_leaves_no_rewrite BEFORE UPDATE OR DELETE ON audit_leaves
  FOR EACH ROW EXECUTE FUNCTION assentry_refuse_rewrite();
--> statement-breakpoint
CREATE TRIGGER audit_leaves_no_truncate BEFORE TRUNCATE ON audit_leaves
  FOR EACH STATEMENT EXECUTE FUNCTION assentry_refuse_rewrite();
--> statement-breakpoint
-- An entry cannot exist without its place in the queue, whatever code wrote it.
CREATE FUNCTION assentry_queue_entry() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
  INSERT INTO public.audit_queue (entry_time, entry_id) VALUES (NEW."time", NEW.id);
  RETURN NULL;
END $$;
--> statement-breakpoint
CREATE TRIGGER audit_entries_queue AFTER INSERT ON audit_entries
  FOR EACH ROW EXECUTE FUNCTION assentry_queue_entry();
--> statement-breakpoint
-- The application's role owns nothing: new months come from this function alone.
CREATE FUNCTION assentry_ensure_audit_partitions(months_ahead integer DEFAULT 3) RETURNS integer
  LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
  first date := date_trunc('month', now() AT TIME ZONE 'UTC')::date;
  from_day date;
  part text;
  made integer := 0;
BEGIN
  IF months_ahead NOT BETWEEN 0 AND 24 THEN RAISE EXCEPTION 'months_ahead must lie between 0 and 24'; END IF;
  PERFORM pg_advisory_xact_lock(7237001);
  FOR step IN 0..months_ahead LOOP
    from_day := (first + make_interval(months => step))::date;
    part := 'audit_entries_' || to_char(from_day, 'YYYY_MM');
    IF to_regclass('public.' || part) IS NULL THEN
      EXECUTE format('CREATE TABLE public.%I PARTITION OF public.audit_entries FOR VALUES FROM (%L) TO (%L)',
        part, from_day::text || ' 00:00:00+00', (from_day + interval '1 month')::date::text || ' 00:00:00+00');
      EXECUTE format('CREATE TRIGGER %I BEFORE TRUNCATE ON public.%I FOR EACH STATEMENT EXECUTE FUNCTION public.assentry_refuse_rewrite()',
        part || '_no_truncate', part);
      made := made + 1;
    END IF;
  END LOOP;
  RETURN made;
END $$;
--> statement-breakpoint
SELECT assentry_ensure_audit_partitions(3);
--> statement-breakpoint
-- Decisions and votes are history too: nobody edits them afterwards.
CREATE TRIGGER decisions_no_rewrite BEFORE UPDATE OR DELETE ON decisions
  FOR EACH ROW EXECUTE FUNCTION assentry_refuse_rewrite();
--> statement-breakpoint
CREATE TRIGGER policy_versions_no_rewrite BEFORE UPDATE OR DELETE ON policy_versions
  FOR EACH ROW EXECUTE FUNCTION assentry_refuse_rewrite();
