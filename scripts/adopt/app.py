"""A Python application as FastAPI's users write it: the models of SQLAlchemy, the revisions of Alembic, the hashes of passlib."""

import datetime
import pathlib
import tempfile
import uuid

import alembic.command
import alembic.config
import sqlalchemy as sa
from passlib.context import CryptContext
from sqlalchemy import orm

HASHES = CryptContext(schemes=["bcrypt"], bcrypt__rounds=4)
NOON = datetime.datetime(2026, 2, 13, 12, 0, 0)

ENVIRONMENT = """
import sqlalchemy
from alembic import context
engine = sqlalchemy.create_engine(context.config.attributes["url"])
with engine.connect() as connection:
    context.configure(connection=connection, render_as_batch=True)
    with context.begin_transaction():
        context.run_migrations()
"""

BASELINE = """
import sqlalchemy as sa
from alembic import op
revision, down_revision = "0001", None

def upgrade():
    op.create_table(
        "practice_sessions",
        sa.Column("id", sa.String(36), primary_key=True),
        sa.Column("category_filter", sa.String(50), nullable=True),
        sa.Column("mode", sa.String(20), nullable=True),
        sa.Column("timer_minutes", sa.Integer(), nullable=True),
        sa.Column("started_at", sa.DateTime(), nullable=True),
        sa.Column("ended_at", sa.DateTime(), nullable=True),
        sa.Column("questions_count", sa.Integer(), nullable=True),
        sa.Column("avg_score", sa.Float(), nullable=True),
    )
    op.create_index("ix_practice_sessions_category_filter", "practice_sessions", ["category_filter"])
    op.create_index("ix_practice_sessions_started_at", "practice_sessions", ["started_at"])
"""

ACCOUNTS = """
import sqlalchemy as sa
from alembic import op
revision, down_revision = "0002", "0001"

def upgrade():
    op.create_table(
        "users",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("email", sa.String(255), nullable=False),
        sa.Column("full_name", sa.String(255), nullable=True),
        sa.Column("password_hash", sa.String(255), nullable=False),
        sa.Column("is_active", sa.Boolean(), nullable=True),
        sa.Column("last_login", sa.DateTime(), nullable=True),
        sa.Column("created_at", sa.DateTime(), nullable=True),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("ix_users_email", "users", ["email"], unique=True)
    op.create_index("ix_users_id", "users", ["id"])
    with op.batch_alter_table("practice_sessions") as table:
        table.add_column(sa.Column("user_id", sa.Integer(), nullable=True))
        table.create_index("ix_practice_sessions_user_id", ["user_id"])
        table.create_foreign_key("fk_practice_sessions_user_id", "users", ["user_id"], ["id"])
"""


def upgrade(url, revision):
    """Runs Alembic up to a revision."""
    with tempfile.TemporaryDirectory() as directory:
        folder = pathlib.Path(directory)
        (folder / "versions").mkdir()
        (folder / "env.py").write_text(ENVIRONMENT)
        (folder / "versions/0001_baseline.py").write_text(BASELINE)
        (folder / "versions/0002_accounts.py").write_text(ACCOUNTS)
        config = alembic.config.Config(attributes={"url": url})
        config.set_main_option("script_location", directory)
        alembic.command.upgrade(config, revision)


class Original(orm.DeclarativeBase):
    """The models at the schema of the original specification. Alembic makes the tables."""


class User(Original):
    __tablename__ = "users"
    id = sa.Column(sa.Integer, primary_key=True, index=True)
    email = sa.Column(sa.String(255), unique=True, index=True, nullable=False)
    full_name = sa.Column(sa.String(255))
    password_hash = sa.Column(sa.String(255), nullable=False)
    is_active = sa.Column(sa.Boolean, default=True)
    last_login = sa.Column(sa.DateTime)
    created_at = sa.Column(sa.DateTime, default=lambda: NOON)


class PracticeSession(Original):
    __tablename__ = "practice_sessions"
    id = sa.Column(sa.String(36), primary_key=True, default=lambda: str(uuid.uuid4()))
    user_id = sa.Column(sa.Integer, sa.ForeignKey("users.id"), index=True)
    category_filter = sa.Column(sa.String(50), index=True)
    mode = sa.Column(sa.String(20), default="standard")
    timer_minutes = sa.Column(sa.Integer)
    started_at = sa.Column(sa.DateTime, default=lambda: NOON, index=True)
    ended_at = sa.Column(sa.DateTime)
    questions_count = sa.Column(sa.Integer, default=0)
    avg_score = sa.Column(sa.Float)


class Variant(orm.DeclarativeBase):
    """Another way to write them: other names, types and constraints, and more tables and columns."""

    metadata = sa.MetaData(
        naming_convention={
            "ix": "ix_%(column_0_label)s",
            "uq": "uq_%(table_name)s_%(column_0_name)s",
            "fk": "fk_%(table_name)s_%(column_0_name)s_%(referred_table_name)s",
            "pk": "pk_%(table_name)s",
        }
    )


class Team(Variant):
    __tablename__ = "teams"
    id = sa.Column(sa.Integer, primary_key=True)
    name = sa.Column(sa.Text, nullable=False)


class VariantUser(Variant):
    __tablename__ = "users"
    id = sa.Column(sa.BigInteger().with_variant(sa.Integer, "sqlite"), primary_key=True)
    nickname = sa.Column(sa.String(30), unique=True, nullable=False)
    email = sa.Column(sa.String(120), nullable=False, unique=True)
    hashed_password = sa.Column(sa.Text, nullable=False)
    full_name = sa.Column(sa.Text, nullable=False, server_default="")
    is_active = sa.Column(sa.Integer, nullable=False, server_default="1")
    is_superuser = sa.Column(sa.Boolean, nullable=False, default=False, server_default=sa.false())
    created_at = sa.Column(sa.DateTime(timezone=True), nullable=False, server_default=sa.func.now())
    updated_at = sa.Column(sa.DateTime(timezone=True), onupdate=sa.func.now())
    team_id = sa.Column(sa.Integer, sa.ForeignKey("teams.id"), index=True)


class VariantSession(Variant):
    __tablename__ = "practice_sessions"
    id = sa.Column(sa.Uuid(), primary_key=True, default=uuid.uuid4)
    user_id = sa.Column(sa.BigInteger, sa.ForeignKey("users.id", ondelete="SET NULL"))
    category_filter = sa.Column(sa.Text)
    mode = sa.Column(sa.String(20), nullable=False, server_default="standard")
    timer_minutes = sa.Column(sa.SmallInteger)
    started_at = sa.Column(sa.DateTime(timezone=True), nullable=False)
    ended_at = sa.Column(sa.DateTime(timezone=True))
    questions_count = sa.Column(sa.BigInteger, nullable=False, default=0)
    avg_score = sa.Column(sa.Numeric(5, 2))
    notes = sa.Column(sa.JSON)


class Answer(Variant):
    __tablename__ = "answers"
    id = sa.Column(sa.Integer, primary_key=True)
    user_id = sa.Column(sa.Integer, sa.ForeignKey("users.id", ondelete="CASCADE"), nullable=False)
    text = sa.Column(sa.Text)


def make_original(url, users, sessions, hashes=None):
    """Makes a database at the original schema. Passwords are `password-ID`, unless the hashes are given."""
    upgrade(url, "head")
    engine = sa.create_engine(url)
    with orm.Session(engine) as database:
        for start in range(1, users + 1, 10_000):
            ids = range(start, min(start + 10_000, users + 1))
            database.execute(sa.insert(User), [original_user(id, hashes) for id in ids])
        for start in range(0, sessions, 10_000):
            numbers = range(start, min(start + 10_000, sessions))
            database.execute(sa.insert(PracticeSession), [original_session(number, users) for number in numbers])
        database.commit()
    engine.dispose()


def original_user(id, hashes):
    return {
        "id": id,
        "email": f"User.{id}@Example.com" if id % 2 else f"user.{id}@example.com",
        "full_name": None if id % 3 == 0 else f"User {id}",
        "password_hash": hashes or HASHES.hash(f"password-{id}"),
        "is_active": True,
        "last_login": None if id % 2 else NOON + datetime.timedelta(microseconds=id),
        "created_at": NOON,
    }


def original_session(number, users):
    return {
        "id": str(uuid.UUID(int=number)),
        "user_id": None if number % 10 == 9 else number % users + 1,
        "category_filter": "Strategy" if number % 2 else None,
        "mode": "standard",
        "timer_minutes": 25,
        "started_at": NOON + datetime.timedelta(seconds=number),
        "ended_at": NOON + datetime.timedelta(seconds=number + 60, microseconds=500_000) if number % 2 else None,
        "questions_count": number % 7,
        "avg_score": number % 5 / 2,
    }


def make_variant(url):
    engine = sa.create_engine(url)
    Variant.metadata.create_all(engine)
    with orm.Session(engine) as database:
        database.add(Team(id=1, name="Team"))
        database.flush()
        for id in range(1, 7):
            database.add(
                VariantUser(
                    id=id,
                    nickname=f"nick{id}",
                    email=f"user.{id}@example.com",
                    hashed_password=HASHES.hash(f"password-{id}"),
                    created_at=NOON.replace(tzinfo=datetime.timezone.utc),
                    team_id=1,
                )
            )
        database.flush()
        for number in range(12):
            session = VariantSession(
                user_id=number % 6 + 1,
                started_at=NOON.replace(tzinfo=datetime.timezone.utc),
                avg_score=2.5,
                notes={"number": number},
            )
            database.add(session)
        database.add(Answer(id=1, user_id=1, text="An answer"))
        database.commit()
    # As `alembic stamp` does.
    with engine.begin() as connection:
        connection.execute(sa.text("CREATE TABLE alembic_version (version_num VARCHAR(32) NOT NULL)"))
        connection.execute(sa.text("INSERT INTO alembic_version VALUES ('abc')"))
    engine.dispose()
