"""The first tables: accounts, organizations, events, registrations and the journal."""

from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute(
        """
        CREATE FUNCTION bilten_words(tags text[]) RETURNS text
        LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
        RETURN array_to_string(tags, ' ')
        """
    )
    op.execute(
        """
        CREATE TABLE access_denials (
            actor_id UUID NOT NULL,
            action TEXT NOT NULL,
            object_id UUID NOT NULL,
            day DATE NOT NULL,
            denials BIGINT DEFAULT 1 NOT NULL,
            first_at TIMESTAMP WITH TIME ZONE NOT NULL,
            last_at TIMESTAMP WITH TIME ZONE NOT NULL,
            CONSTRAINT access_denials_pkey PRIMARY KEY (actor_id, action, object_id, day)
        )
        """
    )
    op.execute(
        """
        CREATE TABLE idempotency_keys (
            scope_id UUID NOT NULL,
            user_id UUID NOT NULL,
            key TEXT NOT NULL,
            input_hash BYTEA NOT NULL,
            object_id UUID,
            refusals JSONB,
            created_at TIMESTAMP WITH TIME ZONE NOT NULL,
            CONSTRAINT idempotency_keys_pkey PRIMARY KEY (scope_id, user_id, key)
        )
        """
    )
    op.execute(
        """
        CREATE INDEX idempotency_keys_created_at_idx ON idempotency_keys (created_at)
        """
    )
    op.execute(
        """
        CREATE TABLE journal (
            stream_id UUID NOT NULL,
            version BIGINT NOT NULL,
            stream TEXT NOT NULL,
            seq BIGINT GENERATED ALWAYS AS IDENTITY,
            xid xid8 DEFAULT pg_current_xact_id() NOT NULL,
            kind TEXT NOT NULL,
            object_id UUID NOT NULL,
            data JSONB DEFAULT '{}' NOT NULL,
            actor_id UUID,
            on_behalf_of UUID,
            request_id TEXT,
            at TIMESTAMP WITH TIME ZONE NOT NULL,
            CONSTRAINT journal_pkey PRIMARY KEY (stream_id, version),
            CONSTRAINT journal_stream_check CHECK (stream IN ('event', 'organization', 'user'))
        )
        """
    )
    op.execute(
        """
        CREATE INDEX journal_feed_idx ON journal (xid, seq)
        """
    )
    op.execute(
        """
        CREATE INDEX journal_object_id_idx ON journal (object_id, version)
        """
    )
    op.execute(
        """
        CREATE TABLE organizations (
            id UUID NOT NULL,
            slug TEXT NOT NULL,
            name TEXT NOT NULL,
            description TEXT,
            url TEXT,
            version INTEGER DEFAULT 1 NOT NULL,
            stream_version BIGINT DEFAULT 0 NOT NULL,
            created_at TIMESTAMP WITH TIME ZONE NOT NULL,
            updated_at TIMESTAMP WITH TIME ZONE NOT NULL,
            CONSTRAINT organizations_pkey PRIMARY KEY (id),
            CONSTRAINT organizations_slug_key UNIQUE (slug)
        )
        """
    )
    op.execute(
        """
        CREATE INDEX organizations_name_idx ON organizations (lower(name) COLLATE "C", id)
        """
    )
    op.execute(
        """
        CREATE TABLE users (
            id UUID NOT NULL,
            issuer TEXT NOT NULL,
            subject TEXT NOT NULL,
            email TEXT,
            email_verified BOOLEAN DEFAULT false NOT NULL,
            name TEXT NOT NULL,
            locale TEXT,
            timezone TEXT,
            platform_role TEXT,
            status TEXT NOT NULL,
            preferences JSONB DEFAULT '{}' NOT NULL,
            version INTEGER DEFAULT 1 NOT NULL,
            stream_version BIGINT DEFAULT 0 NOT NULL,
            created_at TIMESTAMP WITH TIME ZONE NOT NULL,
            updated_at TIMESTAMP WITH TIME ZONE NOT NULL,
            CONSTRAINT users_pkey PRIMARY KEY (id),
            CONSTRAINT users_identity_key UNIQUE (issuer, subject),
            CONSTRAINT users_status_check CHECK (status IN ('ACTIVE', 'DEACTIVATED')),
            CONSTRAINT users_platform_role_check CHECK (platform_role IN ('ADMIN', 'ANALYST'))
        )
        """
    )
    op.execute(
        """
        CREATE INDEX users_created_at_idx ON users (created_at, id)
        """
    )
    op.execute(
        """
        CREATE INDEX users_email_idx ON users (lower(email))
        """
    )
    op.execute(
        """
        CREATE INDEX users_platform_role_idx ON users (platform_role) WHERE platform_role IS NOT NULL
        """
    )
    op.execute(
        """
        CREATE TABLE invitations (
            id UUID NOT NULL,
            organization_id UUID NOT NULL,
            email TEXT NOT NULL,
            role TEXT NOT NULL,
            invited_by UUID NOT NULL,
            created_at TIMESTAMP WITH TIME ZONE NOT NULL,
            expires_at TIMESTAMP WITH TIME ZONE NOT NULL,
            accepted_at TIMESTAMP WITH TIME ZONE,
            revoked_at TIMESTAMP WITH TIME ZONE,
            CONSTRAINT invitations_pkey PRIMARY KEY (id),
            CONSTRAINT invitations_organization_id_fkey FOREIGN KEY(organization_id) REFERENCES organizations (id),
            CONSTRAINT invitations_invited_by_fkey FOREIGN KEY(invited_by) REFERENCES users (id),
            CONSTRAINT invitations_role_check CHECK (role IN ('OWNER', 'MANAGER', 'STAFF'))
        )
        """
    )
    op.execute(
        """
        CREATE UNIQUE INDEX invitations_open_key ON invitations (organization_id, lower(email)) WHERE accepted_at IS NULL AND revoked_at IS NULL
        """
    )
    op.execute(
        """
        CREATE TABLE journal_private (
            stream_id UUID NOT NULL,
            version BIGINT NOT NULL,
            subject_id UUID NOT NULL,
            data JSONB DEFAULT '{}' NOT NULL,
            CONSTRAINT journal_private_pkey PRIMARY KEY (stream_id, version, subject_id),
            CONSTRAINT journal_private_line_fkey FOREIGN KEY(stream_id, version) REFERENCES journal (stream_id, version)
        )
        """
    )
    op.execute(
        """
        CREATE INDEX journal_private_subject_id_idx ON journal_private (subject_id)
        """
    )
    op.execute(
        """
        CREATE TABLE memberships (
            id UUID NOT NULL,
            organization_id UUID NOT NULL,
            user_id UUID NOT NULL,
            role TEXT NOT NULL,
            version INTEGER DEFAULT 1 NOT NULL,
            created_at TIMESTAMP WITH TIME ZONE NOT NULL,
            updated_at TIMESTAMP WITH TIME ZONE NOT NULL,
            CONSTRAINT memberships_pkey PRIMARY KEY (id),
            CONSTRAINT memberships_member_key UNIQUE (organization_id, user_id),
            CONSTRAINT memberships_organization_id_fkey FOREIGN KEY(organization_id) REFERENCES organizations (id),
            CONSTRAINT memberships_user_id_fkey FOREIGN KEY(user_id) REFERENCES users (id),
            CONSTRAINT memberships_role_check CHECK (role IN ('OWNER', 'MANAGER', 'STAFF'))
        )
        """
    )
    op.execute(
        """
        CREATE INDEX memberships_organization_id_idx ON memberships (organization_id, created_at, id)
        """
    )
    op.execute(
        """
        CREATE INDEX memberships_user_id_idx ON memberships (user_id)
        """
    )
    op.execute(
        """
        CREATE TABLE venues (
            id UUID NOT NULL,
            organization_id UUID NOT NULL,
            name TEXT NOT NULL,
            address TEXT,
            city TEXT NOT NULL,
            country TEXT NOT NULL,
            timezone TEXT NOT NULL,
            capacity INTEGER,
            version INTEGER DEFAULT 1 NOT NULL,
            created_at TIMESTAMP WITH TIME ZONE NOT NULL,
            updated_at TIMESTAMP WITH TIME ZONE NOT NULL,
            CONSTRAINT venues_pkey PRIMARY KEY (id),
            CONSTRAINT venues_organization_id_fkey FOREIGN KEY(organization_id) REFERENCES organizations (id),
            CONSTRAINT venues_capacity_check CHECK (capacity > 0)
        )
        """
    )
    op.execute(
        """
        CREATE INDEX venues_city_idx ON venues (lower(city))
        """
    )
    op.execute(
        """
        CREATE INDEX venues_country_idx ON venues (country)
        """
    )
    op.execute(
        """
        CREATE INDEX venues_organization_id_idx ON venues (organization_id, lower(name) COLLATE "C", id)
        """
    )
    op.execute(
        """
        CREATE TABLE events (
            id UUID NOT NULL,
            organization_id UUID NOT NULL,
            venue_id UUID,
            slug TEXT NOT NULL,
            title TEXT NOT NULL,
            summary TEXT,
            description TEXT,
            category TEXT NOT NULL,
            tags TEXT[] DEFAULT '{}' NOT NULL,
            status TEXT NOT NULL,
            starts_at_local TIMESTAMP WITHOUT TIME ZONE NOT NULL,
            ends_at_local TIMESTAMP WITHOUT TIME ZONE NOT NULL,
            timezone TEXT NOT NULL,
            starts_at TIMESTAMP WITH TIME ZONE NOT NULL,
            ends_at TIMESTAMP WITH TIME ZONE NOT NULL,
            online BOOLEAN DEFAULT false NOT NULL,
            url TEXT,
            published_at TIMESTAMP WITH TIME ZONE,
            version INTEGER DEFAULT 1 NOT NULL,
            created_by UUID NOT NULL,
            created_at TIMESTAMP WITH TIME ZONE NOT NULL,
            updated_at TIMESTAMP WITH TIME ZONE NOT NULL,
            search TSVECTOR GENERATED ALWAYS AS (setweight(to_tsvector('simple', title), 'A') || setweight(to_tsvector('simple', category || ' ' || bilten_words(tags)), 'B') || setweight(to_tsvector('simple', coalesce(summary, '')), 'C') || setweight(to_tsvector('simple', coalesce(description, '')), 'D')) STORED,
            CONSTRAINT events_pkey PRIMARY KEY (id),
            CONSTRAINT events_slug_key UNIQUE (slug),
            CONSTRAINT events_organization_id_fkey FOREIGN KEY(organization_id) REFERENCES organizations (id),
            CONSTRAINT events_venue_id_fkey FOREIGN KEY(venue_id) REFERENCES venues (id),
            CONSTRAINT events_created_by_fkey FOREIGN KEY(created_by) REFERENCES users (id),
            CONSTRAINT events_status_check CHECK (status IN ('DRAFT', 'IN_REVIEW', 'APPROVED', 'PUBLISHED', 'POSTPONED', 'CANCELLED', 'ARCHIVED')),
            CONSTRAINT events_schedule_check CHECK (ends_at > starts_at)
        )
        """
    )
    op.execute(
        """
        CREATE INDEX events_category_idx ON events (category, starts_at, id)
        """
    )
    op.execute(
        """
        CREATE INDEX events_created_at_idx ON events (created_at, id)
        """
    )
    op.execute(
        """
        CREATE INDEX events_organization_id_idx ON events (organization_id, starts_at, id)
        """
    )
    op.execute(
        """
        CREATE INDEX events_search_idx ON events USING gin (search)
        """
    )
    op.execute(
        """
        CREATE INDEX events_starts_at_idx ON events (starts_at, id)
        """
    )
    op.execute(
        """
        CREATE INDEX events_title_idx ON events (lower(title) COLLATE "C", id)
        """
    )
    op.execute(
        """
        CREATE INDEX events_venue_id_idx ON events (venue_id, starts_at, id)
        """
    )
    op.execute(
        """
        CREATE TABLE capacity_pools (
            event_id UUID NOT NULL,
            id UUID NOT NULL,
            kind TEXT NOT NULL,
            capacity INTEGER,
            overbooking INTEGER DEFAULT 0 NOT NULL,
            confirmed INTEGER DEFAULT 0 NOT NULL,
            held INTEGER DEFAULT 0 NOT NULL,
            offered INTEGER DEFAULT 0 NOT NULL,
            blocked INTEGER DEFAULT 0 NOT NULL,
            CONSTRAINT capacity_pools_pkey PRIMARY KEY (event_id, id),
            CONSTRAINT capacity_pools_event_id_fkey FOREIGN KEY(event_id) REFERENCES events (id),
            CONSTRAINT capacity_pools_kind_check CHECK (kind IN ('EVENT', 'TICKET_TIER')),
            CONSTRAINT capacity_pools_counters_check CHECK (confirmed >= 0 AND held >= 0 AND offered >= 0 AND blocked >= 0 AND overbooking >= 0),
            CONSTRAINT capacity_pools_capacity_check CHECK (confirmed + held + offered + blocked <= capacity + overbooking)
        )
        """
    )
    op.execute(
        """
        CREATE TABLE event_heads (
            event_id UUID NOT NULL,
            stream_version BIGINT DEFAULT 0 NOT NULL,
            sales_open BOOLEAN DEFAULT false NOT NULL,
            sales_until TIMESTAMP WITH TIME ZONE NOT NULL,
            CONSTRAINT event_heads_pkey PRIMARY KEY (event_id),
            CONSTRAINT event_heads_event_id_fkey FOREIGN KEY(event_id) REFERENCES events (id)
        )
        """
    )
    op.execute(
        """
        CREATE TABLE ticket_tiers (
            event_id UUID NOT NULL,
            id UUID NOT NULL,
            name TEXT NOT NULL,
            description TEXT,
            price_minor BIGINT NOT NULL,
            currency TEXT NOT NULL,
            sales_start_at TIMESTAMP WITH TIME ZONE,
            sales_end_at TIMESTAMP WITH TIME ZONE,
            per_person_limit INTEGER,
            position INTEGER NOT NULL,
            version INTEGER DEFAULT 1 NOT NULL,
            created_at TIMESTAMP WITH TIME ZONE NOT NULL,
            updated_at TIMESTAMP WITH TIME ZONE NOT NULL,
            CONSTRAINT ticket_tiers_pkey PRIMARY KEY (event_id, id),
            CONSTRAINT ticket_tiers_event_id_fkey FOREIGN KEY(event_id) REFERENCES events (id),
            CONSTRAINT ticket_tiers_price_minor_check CHECK (price_minor >= 0),
            CONSTRAINT ticket_tiers_per_person_limit_check CHECK (per_person_limit > 0),
            CONSTRAINT ticket_tiers_sales_window_check CHECK (sales_end_at > sales_start_at)
        )
        """
    )
    op.execute(
        """
        CREATE UNIQUE INDEX ticket_tiers_name_key ON ticket_tiers (event_id, lower(name))
        """
    )
    op.execute(
        """
        CREATE TABLE registrations (
            event_id UUID NOT NULL,
            id UUID NOT NULL,
            ticket_tier_id UUID NOT NULL,
            user_id UUID NOT NULL,
            status TEXT NOT NULL,
            quantity INTEGER NOT NULL,
            price_minor BIGINT NOT NULL,
            currency TEXT NOT NULL,
            expires_at TIMESTAMP WITH TIME ZONE,
            cancelled_at TIMESTAMP WITH TIME ZONE,
            version INTEGER DEFAULT 1 NOT NULL,
            created_at TIMESTAMP WITH TIME ZONE NOT NULL,
            updated_at TIMESTAMP WITH TIME ZONE NOT NULL,
            CONSTRAINT registrations_pkey PRIMARY KEY (event_id, id),
            CONSTRAINT registrations_ticket_tier_fkey FOREIGN KEY(event_id, ticket_tier_id) REFERENCES ticket_tiers (event_id, id),
            CONSTRAINT registrations_user_id_fkey FOREIGN KEY(user_id) REFERENCES users (id),
            CONSTRAINT registrations_status_check CHECK (status IN ('HELD', 'PENDING_APPROVAL', 'CONFIRMED', 'CANCELLED', 'EXPIRED', 'REJECTED')),
            CONSTRAINT registrations_quantity_check CHECK (quantity > 0)
        )
        """
    )
    op.execute(
        """
        CREATE INDEX registrations_created_at_idx ON registrations (event_id, created_at, id)
        """
    )
    op.execute(
        """
        CREATE INDEX registrations_user_id_idx ON registrations (user_id, created_at, id)
        """
    )
    op.execute(
        """
        CREATE INDEX registrations_user_idx ON registrations (event_id, user_id)
        """
    )
    op.execute(
        """
        CREATE TABLE tickets (
            event_id UUID NOT NULL,
            id UUID NOT NULL,
            registration_id UUID NOT NULL,
            code TEXT NOT NULL,
            attendee_name TEXT,
            status TEXT NOT NULL,
            checked_in_at TIMESTAMP WITH TIME ZONE,
            CONSTRAINT tickets_pkey PRIMARY KEY (event_id, id),
            CONSTRAINT tickets_registration_fkey FOREIGN KEY(event_id, registration_id) REFERENCES registrations (event_id, id),
            CONSTRAINT tickets_code_key UNIQUE (event_id, code),
            CONSTRAINT tickets_status_check CHECK (status IN ('VALID', 'CHECKED_IN', 'CANCELLED'))
        )
        """
    )
    op.execute(
        """
        CREATE INDEX tickets_registration_id_idx ON tickets (event_id, registration_id)
        """
    )
