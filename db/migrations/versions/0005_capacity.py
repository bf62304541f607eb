"""Capacity in full: shared pools, holds, blocks, waiting lists, scans at the door, and messages about all of it."""

from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    _widen()
    _create()


def _widen() -> None:
    op.execute(
        """
        ALTER TABLE event_heads
            ADD COLUMN due_at TIMESTAMP WITH TIME ZONE,
            ADD COLUMN waiting INTEGER DEFAULT 0 NOT NULL,
            ADD COLUMN look_past INTEGER DEFAULT 0 NOT NULL,
            ADD COLUMN offer_seconds INTEGER DEFAULT 86400 NOT NULL,
            ADD CONSTRAINT event_heads_waiting_check CHECK (waiting >= 0),
            ADD CONSTRAINT event_heads_look_past_check CHECK (look_past BETWEEN 0 AND 100),
            ADD CONSTRAINT event_heads_offer_seconds_check CHECK (offer_seconds BETWEEN 60 AND 2592000)
        """
    )
    op.execute(
        """
        ALTER TABLE capacity_pools
            ADD COLUMN name TEXT,
            ADD COLUMN checked_in INTEGER DEFAULT 0 NOT NULL,
            ADD COLUMN version INTEGER DEFAULT 1 NOT NULL,
            DROP CONSTRAINT capacity_pools_kind_check,
            ADD CONSTRAINT capacity_pools_kind_check CHECK (kind IN ('EVENT', 'TICKET_TIER', 'SHARED')),
            ADD CONSTRAINT capacity_pools_name_check CHECK ((kind = 'SHARED') = (name IS NOT NULL)),
            ADD CONSTRAINT capacity_pools_checked_in_check CHECK (checked_in BETWEEN 0 AND confirmed)
        """
    )
    op.execute(
        """
        ALTER TABLE ticket_tiers ADD COLUMN shared_pool_ids UUID[] DEFAULT '{}' NOT NULL
        """
    )
    op.execute(
        """
        ALTER TABLE registrations
            ADD COLUMN extensions INTEGER DEFAULT 0 NOT NULL,
            ADD COLUMN payment_reference TEXT
        """
    )
    op.execute(
        """
        CREATE INDEX event_heads_due_at_idx ON event_heads (due_at) WHERE due_at IS NOT NULL
        """
    )
    op.execute(
        """
        CREATE UNIQUE INDEX capacity_pools_name_key ON capacity_pools (event_id, lower(name))
        """
    )
    op.execute(
        """
        CREATE INDEX registrations_expires_at_idx ON registrations (event_id, expires_at) WHERE status = 'HELD'
        """
    )


def _create() -> None:
    op.execute(
        """
        CREATE TABLE capacity_blocks (
            event_id UUID NOT NULL,
            id UUID NOT NULL,
            pool_ids UUID[] NOT NULL,
            quantity INTEGER NOT NULL,
            owner TEXT NOT NULL,
            reason TEXT NOT NULL,
            release_at TIMESTAMP WITH TIME ZONE,
            released_at TIMESTAMP WITH TIME ZONE,
            version INTEGER DEFAULT 1 NOT NULL,
            created_by UUID NOT NULL,
            created_at TIMESTAMP WITH TIME ZONE NOT NULL,
            updated_at TIMESTAMP WITH TIME ZONE NOT NULL,
            CONSTRAINT capacity_blocks_pkey PRIMARY KEY (event_id, id),
            CONSTRAINT capacity_blocks_event_id_fkey FOREIGN KEY(event_id) REFERENCES events (id),
            CONSTRAINT capacity_blocks_created_by_fkey FOREIGN KEY(created_by) REFERENCES users (id),
            CONSTRAINT capacity_blocks_quantity_check CHECK (quantity > 0),
            CONSTRAINT capacity_blocks_pool_ids_check CHECK (cardinality(pool_ids) > 0)
        )
        """
    )
    op.execute(
        """
        CREATE INDEX capacity_blocks_created_at_idx ON capacity_blocks (event_id, created_at, id)
        """
    )
    op.execute(
        """
        CREATE INDEX capacity_blocks_release_at_idx ON capacity_blocks (event_id, release_at) WHERE released_at IS NULL
        """
    )
    op.execute(
        """
        CREATE TABLE check_in_scans (
            event_id UUID NOT NULL,
            nonce TEXT NOT NULL,
            code TEXT NOT NULL,
            outcome TEXT NOT NULL,
            ticket_id UUID,
            scanned_at TIMESTAMP WITH TIME ZONE NOT NULL,
            created_at TIMESTAMP WITH TIME ZONE NOT NULL,
            CONSTRAINT check_in_scans_pkey PRIMARY KEY (event_id, nonce),
            CONSTRAINT check_in_scans_event_id_fkey FOREIGN KEY(event_id) REFERENCES events (id),
            CONSTRAINT check_in_scans_outcome_check CHECK (outcome IN ('CHECKED_IN', 'ALREADY_CHECKED_IN', 'CANCELLED', 'UNKNOWN'))
        )
        """
    )
    op.execute(
        """
        CREATE TABLE waitlist_entries (
            event_id UUID NOT NULL,
            id UUID NOT NULL,
            ticket_tier_id UUID NOT NULL,
            user_id UUID NOT NULL,
            quantity INTEGER NOT NULL,
            status TEXT NOT NULL,
            priority INTEGER DEFAULT 0 NOT NULL,
            position BIGINT NOT NULL,
            passed INTEGER DEFAULT 0 NOT NULL,
            offered_at TIMESTAMP WITH TIME ZONE,
            notified_at TIMESTAMP WITH TIME ZONE,
            offer_expires_at TIMESTAMP WITH TIME ZONE,
            registration_id UUID,
            version INTEGER DEFAULT 1 NOT NULL,
            created_at TIMESTAMP WITH TIME ZONE NOT NULL,
            updated_at TIMESTAMP WITH TIME ZONE NOT NULL,
            CONSTRAINT waitlist_entries_pkey PRIMARY KEY (event_id, id),
            CONSTRAINT waitlist_entries_ticket_tier_fkey FOREIGN KEY(event_id, ticket_tier_id) REFERENCES ticket_tiers (event_id, id),
            CONSTRAINT waitlist_entries_user_id_fkey FOREIGN KEY(user_id) REFERENCES users (id),
            CONSTRAINT waitlist_entries_status_check CHECK (status IN ('WAITING', 'SUSPENDED', 'OFFERED', 'ACCEPTED', 'DECLINED', 'EXPIRED', 'LEFT', 'CLOSED')),
            CONSTRAINT waitlist_entries_quantity_check CHECK (quantity > 0),
            CONSTRAINT waitlist_entries_offer_check CHECK ((status = 'OFFERED') = (offer_expires_at IS NOT NULL))
        )
        """
    )
    op.execute(
        """
        CREATE UNIQUE INDEX waitlist_entries_live_key ON waitlist_entries (event_id, ticket_tier_id, user_id) WHERE status IN ('WAITING', 'SUSPENDED', 'OFFERED')
        """
    )
    op.execute(
        """
        CREATE INDEX waitlist_entries_offer_idx ON waitlist_entries (event_id, offer_expires_at) WHERE status = 'OFFERED'
        """
    )
    op.execute(
        """
        CREATE INDEX waitlist_entries_order_idx ON waitlist_entries (event_id, ticket_tier_id, priority DESC, position) WHERE status = 'WAITING'
        """
    )
    op.execute(
        """
        CREATE INDEX waitlist_entries_position_idx ON waitlist_entries (event_id, position, id)
        """
    )
    op.execute(
        """
        CREATE INDEX waitlist_entries_user_id_idx ON waitlist_entries (user_id, created_at, id)
        """
    )
    op.execute(
        """
        CREATE TABLE notifications (
            id UUID NOT NULL,
            stream_id UUID NOT NULL,
            version BIGINT NOT NULL,
            kind TEXT NOT NULL,
            object_id UUID NOT NULL,
            recipient UUID NOT NULL,
            user_id UUID,
            invitation_id UUID,
            bulk BOOLEAN DEFAULT false NOT NULL,
            follow_up BOOLEAN DEFAULT false NOT NULL,
            status TEXT NOT NULL,
            reason TEXT,
            attempts INTEGER DEFAULT 0 NOT NULL,
            next_attempt_at TIMESTAMP WITH TIME ZONE NOT NULL,
            sent_at TIMESTAMP WITH TIME ZONE,
            created_at TIMESTAMP WITH TIME ZONE NOT NULL,
            CONSTRAINT notifications_pkey PRIMARY KEY (id),
            CONSTRAINT notifications_user_id_fkey FOREIGN KEY(user_id) REFERENCES users (id),
            CONSTRAINT notifications_invitation_id_fkey FOREIGN KEY(invitation_id) REFERENCES invitations (id),
            CONSTRAINT notifications_fact_key UNIQUE (stream_id, version, kind, recipient),
            CONSTRAINT notifications_status_check CHECK (status IN ('QUEUED', 'SENT', 'SKIPPED', 'FAILED')),
            CONSTRAINT notifications_recipient_check CHECK ((user_id IS NULL) <> (invitation_id IS NULL))
        )
        """
    )
    op.execute(
        """
        CREATE INDEX notifications_created_at_idx ON notifications USING brin (created_at)
        """
    )
    op.execute(
        """
        CREATE INDEX notifications_due_idx ON notifications (bulk, next_attempt_at, id) WHERE status = 'QUEUED'
        """
    )
    op.execute(
        """
        CREATE INDEX notifications_follow_up_idx ON notifications (next_attempt_at, id) WHERE follow_up AND status <> 'QUEUED'
        """
    )
    op.execute(
        """
        CREATE INDEX notifications_user_id_idx ON notifications (user_id, created_at, id)
        """
    )
    op.execute(
        """
        CREATE TABLE journal_readers (
            name TEXT NOT NULL,
            xid xid8 NOT NULL,
            seq BIGINT NOT NULL,
            updated_at TIMESTAMP WITH TIME ZONE NOT NULL,
            CONSTRAINT journal_readers_pkey PRIMARY KEY (name)
        )
        """
    )
