import { dataOf, type Schema } from "@portico/client";
import { useState } from "preact/hooks";
import { client, given } from "../api";
import type { PageProps } from "../app";
import { t, time } from "../i18n";
import { href, navigate, useLocation } from "../router";
import { Act, Badge, Done, Facts, Failure, Form, Id, List, Section, useLoad, type Values } from "../ui";
import { AuditRows } from "./audit";
import { UserLimits } from "./limits";

type Account = Schema<"AccountDto">;
type Role = Schema<"Role">;
type Status = Schema<"AccountStatus">;

const roleOptions: [Role, string][] = [["user", "user"], ["manager", "manager"], ["admin", "admin"]];

/** The role itself: the API gives it first, and the lower roles that it includes after it. */
function roleOf(user: Account): Role {
  return user.roles[0] ?? "user";
}

export function Users() {
  const { query } = useLocation();
  const search = query.get("search") ?? "";
  const role = query.get("role") ?? "";
  const status = query.get("status") ?? "";
  return (
    <>
      <h1>{t("users")}</h1>
      <Section title={t("search")}>
        <Form
          key={`${search}-${role}-${status}`} kind="row" submit={t("search")}
          fields={[
            { name: "search", label: t("searchUsers"), type: "search", value: search, maxLength: 100 },
            { name: "role", label: t("role"), value: role, options: [["", t("all")], ...roleOptions] },
            {
              name: "status", label: t("state"), value: status,
              options: [["", t("notDeleted")], ["active", "active"], ["blocked", "blocked"], ["deleted", "deleted"]],
            },
          ]}
          onSubmit={(values) => {
            const given = Object.entries(values).filter(([, value]) => value !== "");
            navigate(`/users?${new URLSearchParams(given)}`);
          }}
        />
        <List<Account>
          label={t("users")} values={[search, role, status]}
          read={(cursor) => client.GET("/api/v1/users", {
            params: { query: given({ search, role: role as Role, status: status as Status, cursor }) },
          })}
          columns={[
            { label: t("name"), cell: (user) => <a href={href(`/users/${user.id}`)}>{user.displayName}</a> },
            { label: t("address"), cell: (user) => user.email ?? user.phone ?? "–" },
            { label: t("role"), cell: (user) => roleOf(user) },
            { label: t("state"), cell: (user) => <State status={user.status} /> },
            { label: t("registered"), cell: (user) => time(user.createdAt) },
          ]}
        />
      </Section>
    </>
  );
}

function State({ status }: { status: Status }) {
  return <Badge state={status} kind={status === "active" ? "good" : "bad"} />;
}

/** One user: what is known, the sessions, the logins, the limits and the audit. */
export function User({ id = "" }: PageProps) {
  const [done, setDone] = useState<string>();
  const user = useLoad(() => client.GET("/api/v1/users/{id}", { params: { path: { id } } }), [id]);
  const [round, setRound] = useState(0);
  const account = user.data;
  const params = { path: { id } };
  const bodyOf = ({ reason }: Values) => ({ reason: reason || null });
  const finish = () => {
    setDone(t("done"));
    user.reload();
    setRound((count) => count + 1);
  };
  const sessionsEnd = async () => {
    const sessions = await dataOf(client.GET("/api/v1/users/{id}/sessions", { params: { path: { id } } }));
    return t("sessionsWillEnd", { count: sessions.items.length });
  };

  return (
    <>
      <h1>{account?.displayName ?? t("user")}</h1>
      <Failure problem={user.problem} />
      <Done text={done} />
      {account && (
        <Section
          title={t("account")}
          actions={(
            <>
              <Act
                label={t("changeRole")} title={t("changeRole")} reason="optional" isDanger={false} preview={sessionsKeep}
                fields={[{ name: "role", label: t("role"), value: roleOf(account), options: roleOptions }]}
                run={({ role, ...values }) => client.PUT("/api/v1/users/{id}/roles", {
                  params, body: { roles: [role as Role], ...bodyOf(values) },
                })}
                onDone={finish}
              />
              {account.status === "active" && (
                <Act
                  label={t("block")} title={t("blockTitle", { name: account.displayName })} reason="required" preview={sessionsEnd}
                  run={({ reason = "" }) => client.POST("/api/v1/users/{id}/block", { params, body: { reason } })} onDone={finish}
                />
              )}
              {account.status === "blocked" && (
                <Act
                  label={t("unblock")} title={t("unblock")} reason="optional" isDanger={false}
                  run={(values) => client.POST("/api/v1/users/{id}/unblock", { params, body: bodyOf(values) })} onDone={finish}
                />
              )}
              {account.status === "deleted" ? (
                <Act
                  label={t("restore")} title={t("restore")} reason="optional" isDanger={false}
                  run={(values) => client.POST("/api/v1/users/{id}/restore", { params, body: bodyOf(values) })} onDone={finish}
                />
              ) : (
                <Act
                  label={t("delete")} title={t("deleteTitle", { name: account.displayName })} reason="optional" preview={sessionsEnd}
                  run={(values) => client.DELETE("/api/v1/users/{id}", { params, body: bodyOf(values) })} onDone={finish}
                />
              )}
            </>
          )}
        >
          <Facts
            rows={[
              [t("id"), <Id value={account.id} />],
              [t("state"), <State status={account.status} />],
              [t("role"), roleOf(account)],
              [t("email"), account.email && `${account.email} (${account.emailVerifiedAt ? t("verified") : t("notVerified")})`],
              [t("phone"), account.phone && `${account.phone} (${account.phoneVerifiedAt ? t("verified") : t("notVerified")})`],
              [t("language"), account.locale],
              [t("registered"), time(account.createdAt)],
              [t("deletedAt"), account.deletedAt && time(account.deletedAt)],
            ]}
          />
        </Section>
      )}
      <Section
        title={t("sessions")}
        actions={(
          <>
            <Act
              label={t("endAllSessions")} title={t("endAllSessions")} reason="optional" preview={sessionsEnd}
              run={(values) => client.DELETE("/api/v1/users/{id}/sessions", { params, body: bodyOf(values) })} onDone={finish}
            />
            <Act
              label={t("resetSecondFactors")} title={t("resetSecondFactors")} reason="optional"
              preview={async () => `${t("resetText")} ${await sessionsEnd()}`}
              run={(values) => client.DELETE("/api/v1/users/{id}/second-factors", { params, body: bodyOf(values) })} onDone={finish}
            />
          </>
        )}
      >
        <List
          label={t("sessions")} values={[id, round]} read={() => client.GET("/api/v1/users/{id}/sessions", { params })}
          columns={[
            { label: t("device"), cell: (session) => session.device ?? "–" },
            { label: t("ip"), cell: (session) => session.ip ?? "–" },
            { label: t("opened"), cell: (session) => time(session.createdAt) },
            { label: t("lastSeen"), cell: (session) => time(session.lastSeenAt) },
          ]}
        />
      </Section>
      <div class="columns">
        <Section title={t("logins")}>
          <List
            label={t("logins")} values={[id, round]} read={() => client.GET("/api/v1/users/{id}/logins", { params })}
            columns={[
              { label: t("provider"), cell: (login) => login.provider },
              { label: t("linkedAt"), cell: (login) => time(login.linkedAt) },
            ]}
          />
        </Section>
        <UserLimits id={id} />
      </div>
      <Section title={t("audit")}>
        <AuditRows
          values={[id, round]}
          read={(cursor) => client.GET("/api/v1/audit", { params: { query: given({ person: id, limit: 10, cursor }) } })}
        />
      </Section>
    </>
  );
}

const sessionsKeep = () => Promise.resolve(t("roleText"));
