import { useQuery, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { errorText } from "../../../api/client";
import { newOp } from "../../../api/op";
import type { ClassId } from "../../../api/types";
import { classCalls } from "../../../records/calls";
import { keys } from "../../../records/keys";
import { Loaded } from "../../../records/Loaded";
import { Button, IconButton } from "../../../ui/Button";
import { Icon } from "../../../ui/Icon";
import { Menu } from "../../../ui/Menu";
import { EmptyState, Table } from "../../../ui/Surfaces";
import { toast } from "../../../ui/toast";
import { Switch } from "../../../ui/Toggle";
import { number, t } from "../../../words/words";
import desk from "../../desk.module.css";
import { download } from "../../files";
import styles from "../classes.module.css";
import { AddPerson } from "./AddPerson";
import { ImportSheet } from "./ImportSheet";
import { placeRow, rosterOf, type RosterEntry } from "./roster-file";
import { TimeFactor } from "./TimeFactor";

/** Who is in the class. */
export function RosterTab({ id }: { id: ClassId }) {
  const [dialog, setDialog] = useState<"import" | "add" | null>(null);
  const [withdrawn, setWithdrawn] = useState(false);
  const roster = useQuery({ queryKey: keys.roster(id), queryFn: async () => rosterOf(await (await classCalls.export(id)).text()) });
  const change = useChange(id);
  const save = async (): Promise<void> => {
    try {
      download(await classCalls.export(id), "enrollments.csv");
    } catch (error) {
      toast({ text: errorText(error), tone: "bad" });
    }
  };
  return (
    <>
      <div className={styles.tools}>
        <Switch isSelected={withdrawn} onChange={setWithdrawn}>
          {t("roster.show_withdrawn")}
        </Switch>
        <span className={styles.push} />
        <Button tone="outline" onPress={() => void save()}>
          <Icon name="download" /> {t("roster.export")}
        </Button>
        <Button tone="outline" onPress={() => setDialog("import")}>
          <Icon name="upload" /> {t("roster.import")}
        </Button>
        <Button tone="primary" onPress={() => setDialog("add")}>
          <Icon name="plus" /> {t("roster.add")}
        </Button>
      </div>
      <Loaded query={roster} lines={[44, 44, 44, 44, 44]}>
        {(entries) => {
          const shown = entries.filter((entry) => withdrawn || entry.state !== "withdrawn");
          return shown.length === 0 ? (
            <EmptyState icon="people" title={t("roster.empty.title")} hint={t("roster.empty.hint")}>
              <Button onPress={() => setDialog("import")}>
                <Icon name="upload" /> {t("roster.import")}
              </Button>
            </EmptyState>
          ) : (
            <People entries={shown} onChange={change} />
          );
        }}
      </Loaded>
      {dialog === "import" && <ImportSheet id={id} onClose={() => setDialog(null)} />}
      {dialog === "add" && <AddPerson id={id} onClose={() => setDialog(null)} />}
    </>
  );
}

type Change = (entry: RosterEntry, change: Partial<Pick<RosterEntry, "state" | "timeFactor">>, said: string) => Promise<void>;

/** Changes one place, with undo. */
function useChange(id: ClassId): Change {
  const queries = useQueryClient();
  const write = async (entry: RosterEntry, change: Parameters<Change>[1]): Promise<void> => {
    const report = await classCalls.import(id, placeRow(entry, change), "all_or_nothing", newOp());
    const refused = report.rows.find((row) => row.verdict === "refused");
    if (refused) throw new Error(refused.problem ?? "");
    await Promise.all([queries.invalidateQueries({ queryKey: keys.class(id) }), queries.invalidateQueries({ queryKey: keys.classes })]);
  };
  const fail = (error: unknown): void => toast({ text: error instanceof Error && error.message !== "" ? errorText(error) : t("app.error.unknown"), tone: "bad" });
  return async (entry, change, said) => {
    try {
      await write(entry, change);
      toast({ text: said, action: { label: t("app.undo"), onPress: () => void write(entry, {}).catch(fail) } });
    } catch (error) {
      fail(error);
    }
  };
}

function People({ entries, onChange }: { entries: RosterEntry[]; onChange: Change }) {
  return (
    <Table className={styles.table ?? ""}>
      <caption className="visually-hidden">{t("class.tab.roster")}</caption>
      <thead>
        <tr>
          <th scope="col">{t("roster.col.name")}</th>
          <th scope="col">{t("roster.col.email")}</th>
          <th scope="col">{t("roster.col.role")}</th>
          <th scope="col">{t("roster.col.time")}</th>
          <th scope="col">
            <span className="visually-hidden">{t("roster.col.actions")}</span>
          </th>
        </tr>
      </thead>
      <tbody>
        {entries.map((entry) => (
          <tr key={entry.person}>
            <th scope="row">
              {entry.name} {entry.state !== "active" && <span className={desk.pill}>{t(`roster.state.${entry.state}`)}</span>}
            </th>
            <td data-soft="">{entry.email}</td>
            <td>{t(entry.role === "teacher" ? "app.role.teacher" : "app.role.student")}</td>
            <td>
              {entry.role === "student" && (
                <TimeFactor
                  name={entry.name}
                  value={entry.timeFactor}
                  onSave={(timeFactor) => void onChange(entry, { timeFactor }, t("roster.time.saved", { name: entry.name, factor: number(timeFactor) }))}
                />
              )}
            </td>
            <td data-number="">
              <Menu
                label={t("roster.actions", { name: entry.name })}
                actions={[
                  entry.state === "withdrawn"
                    ? { id: "restore", label: t("roster.restore"), onAction: () => void onChange(entry, { state: "active" }, t("roster.restored", { name: entry.name })) }
                    : { id: "withdraw", label: t("roster.withdraw"), danger: true, onAction: () => void onChange(entry, { state: "withdrawn" }, t("roster.withdrawn", { name: entry.name })) },
                ]}
              >
                <IconButton label={t("roster.actions", { name: entry.name })}>
                  <Icon name="more" />
                </IconButton>
              </Menu>
            </td>
          </tr>
        ))}
      </tbody>
    </Table>
  );
}
