"""The pool of an event itself is the one of its kind, so that reads may look for it by that."""

from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    # In two steps: writers wait for the first one only, which reads no rows.
    op.execute(
        """
        ALTER TABLE capacity_pools
            ADD CONSTRAINT capacity_pools_event_pool_check CHECK ((kind = 'EVENT') = (id = event_id)) NOT VALID
        """
    )
    op.execute("ALTER TABLE capacity_pools VALIDATE CONSTRAINT capacity_pools_event_pool_check")
