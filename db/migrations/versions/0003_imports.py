"""Imports: what sources are known by, imports that managers start, and what came of each row."""

from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute(
        """
        CREATE TABLE import_links (
            source TEXT NOT NULL,
            kind TEXT NOT NULL,
            key TEXT NOT NULL,
            object_id UUID NOT NULL,
            said JSONB DEFAULT '{}' NOT NULL,
            created_at TIMESTAMP WITH TIME ZONE NOT NULL,
            updated_at TIMESTAMP WITH TIME ZONE NOT NULL,
            CONSTRAINT import_links_pkey PRIMARY KEY (source, kind, key),
            CONSTRAINT import_links_kind_check CHECK (kind IN ('EVENT', 'ORGANIZATION', 'VENUE'))
        )
        """
    )
    op.execute(
        """
        CREATE TABLE imports (
            id UUID NOT NULL,
            organization_id UUID NOT NULL,
            created_by UUID NOT NULL,
            format TEXT NOT NULL,
            file_name TEXT,
            mapping JSONB DEFAULT '{}' NOT NULL,
            timezone TEXT,
            dry_run BOOLEAN DEFAULT false NOT NULL,
            publish BOOLEAN DEFAULT false NOT NULL,
            content TEXT,
            status TEXT NOT NULL,
            created INTEGER DEFAULT 0 NOT NULL,
            updated INTEGER DEFAULT 0 NOT NULL,
            unchanged INTEGER DEFAULT 0 NOT NULL,
            rejected INTEGER DEFAULT 0 NOT NULL,
            failure TEXT,
            lease_until TIMESTAMP WITH TIME ZONE,
            created_at TIMESTAMP WITH TIME ZONE NOT NULL,
            started_at TIMESTAMP WITH TIME ZONE,
            finished_at TIMESTAMP WITH TIME ZONE,
            CONSTRAINT imports_pkey PRIMARY KEY (id),
            CONSTRAINT imports_organization_id_fkey FOREIGN KEY(organization_id) REFERENCES organizations (id),
            CONSTRAINT imports_created_by_fkey FOREIGN KEY(created_by) REFERENCES users (id),
            CONSTRAINT imports_status_check CHECK (status IN ('QUEUED', 'RUNNING', 'SUCCEEDED', 'FAILED')),
            CONSTRAINT imports_format_check CHECK (format IN ('CSV', 'JSONL', 'ICALENDAR'))
        )
        """
    )
    op.execute(
        """
        CREATE INDEX imports_open_idx ON imports (created_at, id) WHERE status IN ('QUEUED', 'RUNNING')
        """
    )
    op.execute(
        """
        CREATE INDEX imports_organization_id_idx ON imports (organization_id, created_at, id)
        """
    )
    op.execute(
        """
        CREATE TABLE import_results (
            import_id UUID NOT NULL,
            position INTEGER NOT NULL,
            row_number INTEGER,
            outcome TEXT NOT NULL,
            reasons JSONB DEFAULT '[]' NOT NULL,
            title TEXT,
            event_id UUID,
            CONSTRAINT import_results_pkey PRIMARY KEY (import_id, position),
            CONSTRAINT import_results_import_id_fkey FOREIGN KEY(import_id) REFERENCES imports (id),
            CONSTRAINT import_results_outcome_check CHECK (outcome IN ('CREATED', 'UPDATED', 'UNCHANGED', 'REJECTED'))
        )
        """
    )
    op.execute(
        """
        CREATE INDEX import_results_outcome_idx ON import_results (import_id, outcome, position)
        """
    )
