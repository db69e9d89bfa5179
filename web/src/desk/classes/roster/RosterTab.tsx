import { useQuery, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { errorText } from "../../../api/client";
import type { Enrollment } from "../../../api/record-types";
import type { ClassId } from "../../../api/types";
import { classCalls } from "../../../records/calls";
import { keys } from "../../../records/keys";
import { Loaded } from "../../../records/Loaded";
import { roleName } from "../../../shell/Header";
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
import { inOrder } from "./places";
import { TimeFactor } from "./TimeFactor";

/** Who is in the class. */
export function RosterTab({ id }: { id: ClassId }) {
  const [dialog, setDialog] = useState<"import" | "add" | null>(null);
  const [withdrawn, setWithdrawn] = useState(false);
  const roster = useQuery({ queryKey: keys.roster(id), queryFn: async (context) => inOrder(await classCalls.roster(id, context)) });
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

type Change = (entry: Enrollment, change: Partial<Pick<Enrollment, "state" | "time_factor">>, said: string) => Promise<void>;

/** Changes one place, with undo. */
function useChange(id: ClassId): Change {
  const queries = useQueryClient();
  const write = async ({ person, role, state, time_factor }: Enrollment, change: Parameters<Change>[1]): Promise<void> => {
    await classCalls.enroll(id, person.id, { role, state, time_factor, ...change });
    await Promise.all([queries.invalidateQueries({ queryKey: keys.class(id) }), queries.invalidateQueries({ queryKey: keys.classes })]);
  };
  const fail = (error: unknown): void => toast({ text: errorText(error), tone: "bad" });
  return async (entry, change, said) => {
    try {
      await write(entry, change);
      toast({ text: said, action: { label: t("app.undo"), onPress: () => void write(entry, {}).catch(fail) } });
    } catch (error) {
      fail(error);
    }
  };
}

function People({ entries, onChange }: { entries: Enrollment[]; onChange: Change }) {
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
          <tr key={entry.person.id}>
            <th scope="row">
              {entry.person.name} {entry.state !== "active" && <span className={desk.pill}>{t(`roster.state.${entry.state}`)}</span>}
            </th>
            <td data-soft="">{entry.person.email}</td>
            <td>{roleName(entry.role)}</td>
            <td>
              {entry.role === "student" && (
                <TimeFactor
                  name={entry.person.name}
                  value={entry.time_factor}
                  onSave={(time_factor) => void onChange(entry, { time_factor }, t("roster.time.saved", { name: entry.person.name, factor: number(time_factor) }))}
                />
              )}
            </td>
            <td data-number="">
              <Menu
                label={t("roster.actions", { name: entry.person.name })}
                actions={[
                  entry.state === "withdrawn"
                    ? { id: "restore", label: t("roster.restore"), onAction: () => void onChange(entry, { state: "active" }, t("roster.restored", { name: entry.person.name })) }
                    : { id: "withdraw", label: t("roster.withdraw"), danger: true, onAction: () => void onChange(entry, { state: "withdrawn" }, t("roster.withdrawn", { name: entry.person.name })) },
                ]}
              >
                <IconButton label={t("roster.actions", { name: entry.person.name })}>
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
