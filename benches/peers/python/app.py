"""The same three routes in FastAPI, SQLAlchemy, python-jose and passlib. scripts/benchmark measures it.

`python app.py` creates the tables, and `uvicorn app:app` serves.
"""

import asyncio
import os
from datetime import UTC, datetime, timedelta
from typing import Annotated

from fastapi import Depends, FastAPI, HTTPException
from fastapi.concurrency import run_in_threadpool
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer
from jose import JWTError, jwt
from passlib.context import CryptContext
from pydantic import AfterValidator, BaseModel, ConfigDict
from sqlalchemy import String, event, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker, create_async_engine
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

SECRET = os.environ["JWT_SECRET"]
LIFETIME = timedelta(minutes=30)
# The parameters of new hashes in adapters/argon2.
PASSWORDS = CryptContext(
    schemes=["argon2"], argon2__memory_cost=19_456, argon2__time_cost=2, argon2__parallelism=1
)

engine = create_async_engine(f"sqlite+aiosqlite:///{os.environ['DATABASE']}")
new_session = async_sessionmaker(engine, expire_on_commit=False)


@event.listens_for(engine.sync_engine, "connect")
def set_up(connection, _):
    cursor = connection.cursor()
    cursor.execute("PRAGMA busy_timeout = 5000")
    cursor.execute("PRAGMA journal_mode = WAL")
    cursor.close()


class Base(DeclarativeBase):
    pass


class User(Base):
    __tablename__ = "users"

    id: Mapped[int] = mapped_column(primary_key=True)
    email: Mapped[str] = mapped_column(String(254), unique=True)
    full_name: Mapped[str | None] = mapped_column(String(100))
    password_hash: Mapped[str] = mapped_column(String(255))
    is_active: Mapped[bool] = mapped_column(default=True)
    last_login: Mapped[datetime | None]
    created_at: Mapped[datetime] = mapped_column(default=lambda: datetime.now(UTC))


class Login(BaseModel):
    email: str
    password: str


class Registration(Login):
    full_name: str | None = None


class UserOut(BaseModel):
    model_config = ConfigDict(from_attributes=True)

    id: int
    email: str
    full_name: str | None
    is_active: bool
    # SQLite returns times without their zone.
    created_at: Annotated[datetime, AfterValidator(lambda time: time.replace(tzinfo=UTC))]


class TokenOut(BaseModel):
    user: UserOut
    access_token: str
    token_type: str = "bearer"
    expires_in: int = int(LIFETIME.total_seconds())


async def create_tables():
    async with engine.begin() as connection:
        await connection.run_sync(Base.metadata.create_all)
    await engine.dispose()


async def database():
    async with new_session() as session:
        yield session


Database = Annotated[AsyncSession, Depends(database)]
Bearer = Annotated[HTTPAuthorizationCredentials, Depends(HTTPBearer())]
app = FastAPI()


def token_for(user: User) -> TokenOut:
    claims = {"sub": str(user.id), "exp": datetime.now(UTC) + LIFETIME}
    return TokenOut(user=UserOut.model_validate(user), access_token=jwt.encode(claims, SECRET, "HS256"))


async def current_user(bearer: Bearer, session: Database) -> User:
    refused = HTTPException(401, "Invalid token", {"WWW-Authenticate": "Bearer"})
    try:
        claims = jwt.decode(bearer.credentials, SECRET, algorithms=["HS256"])
    except JWTError:
        raise refused from None
    user = await session.get(User, int(claims["sub"]))
    if user is None or not user.is_active:
        raise refused
    return user


@app.post("/auth/register", status_code=201)
async def register(body: Registration, session: Database) -> TokenOut:
    password_hash = await run_in_threadpool(PASSWORDS.hash, body.password)
    user = User(email=body.email, full_name=body.full_name, password_hash=password_hash)
    session.add(user)
    try:
        await session.commit()
    except IntegrityError:
        raise HTTPException(409, "Email already registered") from None
    return token_for(user)


@app.post("/auth/login")
async def login(body: Login, session: Database) -> TokenOut:
    user = await session.scalar(select(User).where(User.email == body.email))
    if user is None or not await run_in_threadpool(PASSWORDS.verify, body.password, user.password_hash):
        raise HTTPException(401, "Incorrect email or password")
    user.last_login = datetime.now(UTC)
    await session.commit()
    return token_for(user)


@app.get("/auth/me")
async def me(user: Annotated[User, Depends(current_user)]) -> UserOut:
    return UserOut.model_validate(user)


if __name__ == "__main__":
    asyncio.run(create_tables())
