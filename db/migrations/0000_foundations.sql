CREATE TABLE "accounts" (
	"user_id" text NOT NULL,
	"type" text NOT NULL,
	"provider" text NOT NULL,
	"provider_account_id" text NOT NULL,
	"created_at" timestamp with time zone DEFAULT now() NOT NULL,
	CONSTRAINT "accounts_provider_provider_account_id_pk" PRIMARY KEY("provider","provider_account_id")
);
--> statement-breakpoint
CREATE TABLE "api_tokens" (
	"id" text PRIMARY KEY NOT NULL,
	"name" text NOT NULL,
	"role" text NOT NULL,
	"token_hash" text NOT NULL,
	"created_by" text,
	"created_at" timestamp with time zone DEFAULT now() NOT NULL,
	"expires_at" timestamp with time zone,
	"last_used_at" timestamp with time zone,
	"revoked_at" timestamp with time zone,
	CONSTRAINT "api_tokens_token_hash_unique" UNIQUE("token_hash"),
	CONSTRAINT "api_tokens_role_known" CHECK (role in ('owner','admin','approver','auditor','member'))
);
--> statement-breakpoint
CREATE TABLE "sessions" (
	"token_hash" text PRIMARY KEY NOT NULL,
	"user_id" text NOT NULL,
	"expires" timestamp with time zone NOT NULL,
	"created_at" timestamp with time zone DEFAULT now() NOT NULL,
	"last_seen_at" timestamp with time zone DEFAULT now() NOT NULL,
	"ip" text,
	"user_agent" text
);
--> statement-breakpoint
CREATE TABLE "throttles" (
	"key" text NOT NULL,
	"window" timestamp with time zone NOT NULL,
	"count" integer DEFAULT 0 NOT NULL,
	CONSTRAINT "throttles_key_window_pk" PRIMARY KEY("key","window")
);
--> statement-breakpoint
CREATE TABLE "users" (
	"id" text PRIMARY KEY NOT NULL,
	"name" text NOT NULL,
	"email" text NOT NULL,
	"email_verified" timestamp with time zone,
	"image" text,
	"role" text,
	"password_hash" text,
	"must_change_password" boolean DEFAULT false NOT NULL,
	"disabled_at" timestamp with time zone,
	"role_since" timestamp with time zone DEFAULT now() NOT NULL,
	"created_at" timestamp with time zone DEFAULT now() NOT NULL,
	CONSTRAINT "users_role_known" CHECK (role is null or role in ('owner','admin','approver','auditor','member'))
);
--> statement-breakpoint
CREATE TABLE "agent_instances" (
	"id" text NOT NULL,
	"agent_id" text NOT NULL,
	"transport" text,
	"upstream" text,
	"pid" integer,
	"started_at" timestamp with time zone,
	"local_mode" text,
	"last_seen_at" timestamp with time zone,
	"last_seq" bigint DEFAULT 0 NOT NULL,
	CONSTRAINT "agent_instances_agent_id_id_pk" PRIMARY KEY("agent_id","id")
);
--> statement-breakpoint
CREATE TABLE "agent_nonces" (
	"agent_id" text NOT NULL,
	"nonce" text NOT NULL,
	"created_at" timestamp with time zone DEFAULT now() NOT NULL,
	CONSTRAINT "agent_nonces_agent_id_nonce_pk" PRIMARY KEY("agent_id","nonce")
);
--> statement-breakpoint
CREATE TABLE "agents" (
	"id" text PRIMARY KEY NOT NULL,
	"server_id" text NOT NULL,
	"owner_id" text,
	"public_key" text NOT NULL,
	"version" text NOT NULL,
	"hostname" text NOT NULL,
	"platform" text NOT NULL,
	"os_user" text NOT NULL,
	"created_at" timestamp with time zone DEFAULT now() NOT NULL,
	"last_seen_at" timestamp with time zone,
	"revoked_at" timestamp with time zone,
	"ack_epoch" integer,
	"ack_seq" bigint,
	CONSTRAINT "agents_public_key_unique" UNIQUE("public_key")
);
--> statement-breakpoint
CREATE TABLE "enrolment_tokens" (
	"id" text PRIMARY KEY NOT NULL,
	"server_id" text NOT NULL,
	"token_hash" text NOT NULL,
	"created_by" text,
	"created_at" timestamp with time zone DEFAULT now() NOT NULL,
	"expires_at" timestamp with time zone NOT NULL,
	"used_at" timestamp with time zone,
	"used_by_key" text,
	CONSTRAINT "enrolment_tokens_token_hash_unique" UNIQUE("token_hash")
);
--> statement-breakpoint
CREATE TABLE "servers" (
	"id" text PRIMARY KEY NOT NULL,
	"name" text NOT NULL,
	"name_skeleton" text NOT NULL,
	"description" text,
	"environment" text,
	"owner_id" text,
	"mode" text DEFAULT 'enforce' NOT NULL,
	"observe_reason" text,
	"observe_until" timestamp with time zone,
	"enforcement" text DEFAULT 'cooperative' NOT NULL,
	"server_info" jsonb,
	"last_listed_at" timestamp with time zone,
	"created_at" timestamp with time zone DEFAULT now() NOT NULL,
	"archived_at" timestamp with time zone,
	CONSTRAINT "servers_mode_known" CHECK (mode in ('enforce','observe')),
	CONSTRAINT "servers_observe_bounded" CHECK (mode = 'enforce' or (observe_reason is not null and observe_until is not null))
);
--> statement-breakpoint
CREATE TABLE "identities" (
	"id" text PRIMARY KEY NOT NULL,
	"server_id" text NOT NULL,
	"agent_id" text,
	"kind" text NOT NULL,
	"key" text NOT NULL,
	"name" text NOT NULL,
	"state" text DEFAULT 'discovered' NOT NULL,
	"created_at" timestamp with time zone DEFAULT now() NOT NULL,
	"last_seen_at" timestamp with time zone DEFAULT now() NOT NULL
);
--> statement-breakpoint
CREATE TABLE "tools" (
	"id" text PRIMARY KEY NOT NULL,
	"server_id" text NOT NULL,
	"name" text NOT NULL,
	"title" text,
	"live_digest" text,
	"state" text DEFAULT 'in_review' NOT NULL,
	"risk_class" text NOT NULL,
	"tier" text NOT NULL,
	"reasons" jsonb NOT NULL,
	"annotations" jsonb,
	"created_at" timestamp with time zone DEFAULT now() NOT NULL,
	"last_seen_at" timestamp with time zone DEFAULT now() NOT NULL,
	"gone_at" timestamp with time zone
);
--> statement-breakpoint
CREATE TABLE "installation" (
	"id" integer PRIMARY KEY DEFAULT 1 NOT NULL,
	"installation_id" text NOT NULL,
	"epoch" integer DEFAULT 1 NOT NULL,
	"seq" bigint DEFAULT 1 NOT NULL,
	"policy_version" integer NOT NULL,
	"posture" text DEFAULT 'single_operator' NOT NULL,
	"demo" boolean DEFAULT false NOT NULL,
	"settings" jsonb DEFAULT '{}'::jsonb NOT NULL,
	"created_at" timestamp with time zone DEFAULT now() NOT NULL,
	CONSTRAINT "installation_single" CHECK (id = 1),
	CONSTRAINT "installation_posture_known" CHECK (posture in ('single_operator','four_eyes'))
);
--> statement-breakpoint
CREATE TABLE "keys" (
	"kid" text PRIMARY KEY NOT NULL,
	"use" text NOT NULL,
	"public_key" text,
	"created_at" timestamp with time zone DEFAULT now() NOT NULL
);
--> statement-breakpoint
CREATE TABLE "policy_versions" (
	"version" integer PRIMARY KEY NOT NULL,
	"digest" text NOT NULL,
	"document_text" text NOT NULL,
	"comment" text,
	"published_by" text NOT NULL,
	"published_by_name" text NOT NULL,
	"created_at" timestamp with time zone DEFAULT now() NOT NULL
);
--> statement-breakpoint
CREATE TABLE "decisions" (
	"request_id" text PRIMARY KEY NOT NULL,
	"verdict" text NOT NULL,
	"decider_type" text NOT NULL,
	"decider_id" text NOT NULL,
	"decider_name" text NOT NULL,
	"reason" text,
	"digest" text NOT NULL,
	"audit_id" text NOT NULL,
	"created_at" timestamp with time zone DEFAULT now() NOT NULL,
	CONSTRAINT "decisions_verdict_known" CHECK (verdict in ('approve','deny'))
);
--> statement-breakpoint
CREATE TABLE "notices" (
	"id" text PRIMARY KEY NOT NULL,
	"request_id" text NOT NULL,
	"channel" text NOT NULL,
	"kind" text NOT NULL,
	"user_id" text,
	"state" text DEFAULT 'queued' NOT NULL,
	"attempts" integer DEFAULT 0 NOT NULL,
	"next_attempt_at" timestamp with time zone DEFAULT now() NOT NULL,
	"last_error" text,
	"created_at" timestamp with time zone DEFAULT now() NOT NULL,
	"delivered_at" timestamp with time zone,
	CONSTRAINT "notices_channel_known" CHECK (channel in ('email','webhook')),
	CONSTRAINT "notices_kind_known" CHECK (kind in ('held','outcome')),
	CONSTRAINT "notices_state_known" CHECK (state in ('queued','delivered','failed','obsolete'))
);
--> statement-breakpoint
CREATE TABLE "payload_views" (
	"request_id" text NOT NULL,
	"viewer_id" text NOT NULL,
	"created_at" timestamp with time zone DEFAULT now() NOT NULL,
	"revealed_at" timestamp with time zone,
	CONSTRAINT "payload_views_request_id_viewer_id_pk" PRIMARY KEY("request_id","viewer_id")
);
--> statement-breakpoint
CREATE TABLE "request_payloads" (
	"request_id" text NOT NULL,
	"kind" text NOT NULL,
	"key_id" text NOT NULL,
	"iv" "bytea" NOT NULL,
	"ciphertext" "bytea" NOT NULL,
	"bytes" integer NOT NULL,
	"masked" integer DEFAULT 0 NOT NULL,
	"created_at" timestamp with time zone DEFAULT now() NOT NULL,
	CONSTRAINT "request_payloads_request_id_kind_pk" PRIMARY KEY("request_id","kind")
);
--> statement-breakpoint
CREATE TABLE "requests" (
	"id" text PRIMARY KEY NOT NULL,
	"state" text DEFAULT 'pending' NOT NULL,
	"server_id" text NOT NULL,
	"agent_id" text NOT NULL,
	"identity_id" text NOT NULL,
	"tool_id" text,
	"caller_key" text NOT NULL,
	"caller_name" text NOT NULL,
	"client" jsonb,
	"method" text NOT NULL,
	"tool_name" text,
	"tool_digest" text,
	"risk_class" text NOT NULL,
	"tier" text NOT NULL,
	"call_digest" text NOT NULL,
	"nonce" text NOT NULL,
	"digest" text NOT NULL,
	"policy_version" integer NOT NULL,
	"hold" jsonb NOT NULL,
	"created_at" timestamp with time zone DEFAULT now() NOT NULL,
	"expires_at" timestamp with time zone NOT NULL,
	"waiter_instance" text,
	"waiter_nonce" text NOT NULL,
	"waiter_gone" text,
	"decided_at" timestamp with time zone,
	"approval_until" timestamp with time zone,
	"released_at" timestamp with time zone,
	"ticket_instance" text,
	"ticket_nonce" text,
	"ticket_expires_at" timestamp with time zone,
	"finished_at" timestamp with time zone,
	"duration_ms" integer,
	"end_reason" text,
	CONSTRAINT "requests_state_known" CHECK (state in ('pending','approved','denied','expired','cancelled','invalidated','withdrawn','released','executed','failed','outcome_unknown','ticket_expired','refused_by_agent')),
	CONSTRAINT "requests_tier_known" CHECK (tier in ('low','medium','high','critical'))
);
--> statement-breakpoint
CREATE TABLE "votes" (
	"id" text PRIMARY KEY NOT NULL,
	"request_id" text NOT NULL,
	"voter_type" text NOT NULL,
	"voter_id" text NOT NULL,
	"voter_name" text NOT NULL,
	"verdict" text NOT NULL,
	"reason" text,
	"digest" text NOT NULL,
	"surface" text NOT NULL,
	"opened_at" timestamp with time zone,
	"own_call" boolean DEFAULT false NOT NULL,
	"created_at" timestamp with time zone DEFAULT now() NOT NULL
);
--> statement-breakpoint
ALTER TABLE "accounts" ADD CONSTRAINT "accounts_user_id_users_id_fk" FOREIGN KEY ("user_id") REFERENCES "public"."users"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "api_tokens" ADD CONSTRAINT "api_tokens_created_by_users_id_fk" FOREIGN KEY ("created_by") REFERENCES "public"."users"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "sessions" ADD CONSTRAINT "sessions_user_id_users_id_fk" FOREIGN KEY ("user_id") REFERENCES "public"."users"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "agent_instances" ADD CONSTRAINT "agent_instances_agent_id_agents_id_fk" FOREIGN KEY ("agent_id") REFERENCES "public"."agents"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "agents" ADD CONSTRAINT "agents_server_id_servers_id_fk" FOREIGN KEY ("server_id") REFERENCES "public"."servers"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "agents" ADD CONSTRAINT "agents_owner_id_users_id_fk" FOREIGN KEY ("owner_id") REFERENCES "public"."users"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "enrolment_tokens" ADD CONSTRAINT "enrolment_tokens_server_id_servers_id_fk" FOREIGN KEY ("server_id") REFERENCES "public"."servers"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "servers" ADD CONSTRAINT "servers_owner_id_users_id_fk" FOREIGN KEY ("owner_id") REFERENCES "public"."users"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "identities" ADD CONSTRAINT "identities_server_id_servers_id_fk" FOREIGN KEY ("server_id") REFERENCES "public"."servers"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "identities" ADD CONSTRAINT "identities_agent_id_agents_id_fk" FOREIGN KEY ("agent_id") REFERENCES "public"."agents"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "tools" ADD CONSTRAINT "tools_server_id_servers_id_fk" FOREIGN KEY ("server_id") REFERENCES "public"."servers"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "decisions" ADD CONSTRAINT "decisions_request_id_requests_id_fk" FOREIGN KEY ("request_id") REFERENCES "public"."requests"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "notices" ADD CONSTRAINT "notices_request_id_requests_id_fk" FOREIGN KEY ("request_id") REFERENCES "public"."requests"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "notices" ADD CONSTRAINT "notices_user_id_users_id_fk" FOREIGN KEY ("user_id") REFERENCES "public"."users"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "payload_views" ADD CONSTRAINT "payload_views_request_id_requests_id_fk" FOREIGN KEY ("request_id") REFERENCES "public"."requests"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "request_payloads" ADD CONSTRAINT "request_payloads_request_id_requests_id_fk" FOREIGN KEY ("request_id") REFERENCES "public"."requests"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "requests" ADD CONSTRAINT "requests_server_id_servers_id_fk" FOREIGN KEY ("server_id") REFERENCES "public"."servers"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "requests" ADD CONSTRAINT "requests_agent_id_agents_id_fk" FOREIGN KEY ("agent_id") REFERENCES "public"."agents"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "requests" ADD CONSTRAINT "requests_identity_id_identities_id_fk" FOREIGN KEY ("identity_id") REFERENCES "public"."identities"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "requests" ADD CONSTRAINT "requests_tool_id_tools_id_fk" FOREIGN KEY ("tool_id") REFERENCES "public"."tools"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "votes" ADD CONSTRAINT "votes_request_id_requests_id_fk" FOREIGN KEY ("request_id") REFERENCES "public"."requests"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
CREATE INDEX "accounts_user_idx" ON "accounts" USING btree ("user_id");--> statement-breakpoint
CREATE INDEX "sessions_user_idx" ON "sessions" USING btree ("user_id");--> statement-breakpoint
CREATE UNIQUE INDEX "users_email_key" ON "users" USING btree (lower("email"));--> statement-breakpoint
CREATE INDEX "agent_instances_seen_idx" ON "agent_instances" USING btree ("last_seen_at");--> statement-breakpoint
CREATE INDEX "agent_nonces_created_idx" ON "agent_nonces" USING btree ("created_at");--> statement-breakpoint
CREATE INDEX "agents_server_idx" ON "agents" USING btree ("server_id");--> statement-breakpoint
CREATE UNIQUE INDEX "servers_name_key" ON "servers" USING btree ("name");--> statement-breakpoint
CREATE UNIQUE INDEX "servers_skeleton_key" ON "servers" USING btree ("name_skeleton");--> statement-breakpoint
CREATE UNIQUE INDEX "identities_key" ON "identities" USING btree ("server_id","key");--> statement-breakpoint
CREATE INDEX "identities_seen_idx" ON "identities" USING btree ("last_seen_at");--> statement-breakpoint
CREATE UNIQUE INDEX "tools_server_name_key" ON "tools" USING btree ("server_id","name");--> statement-breakpoint
CREATE INDEX "decisions_decider_idx" ON "decisions" USING btree ("decider_id");--> statement-breakpoint
CREATE INDEX "notices_due_idx" ON "notices" USING btree ("next_attempt_at") WHERE state = 'queued';--> statement-breakpoint
CREATE INDEX "notices_request_idx" ON "notices" USING btree ("request_id");--> statement-breakpoint
CREATE UNIQUE INDEX "requests_nonce_key" ON "requests" USING btree ("agent_id","nonce");--> statement-breakpoint
CREATE INDEX "requests_waiting_idx" ON "requests" USING btree ("expires_at") WHERE state in ('pending','approved','released');--> statement-breakpoint
CREATE INDEX "requests_created_idx" ON "requests" USING btree ("created_at","id");--> statement-breakpoint
CREATE INDEX "requests_state_created_idx" ON "requests" USING btree ("state","created_at","id");--> statement-breakpoint
CREATE INDEX "requests_server_created_idx" ON "requests" USING btree ("server_id","created_at","id");--> statement-breakpoint
CREATE INDEX "requests_attach_idx" ON "requests" USING btree ("identity_id","call_digest") WHERE state in ('pending','approved');--> statement-breakpoint
CREATE INDEX "requests_tool_history_idx" ON "requests" USING btree ("server_id","tool_name","created_at");--> statement-breakpoint
CREATE INDEX "requests_identity_idx" ON "requests" USING btree ("identity_id","created_at");--> statement-breakpoint
CREATE UNIQUE INDEX "votes_once" ON "votes" USING btree ("request_id","voter_type","voter_id");