import { useState } from "react";
import { Link, useLocation } from "wouter";
import { LiveRecords } from "../../records/LiveRecords";
import { Loaded } from "../../records/Loaded";
import { Button } from "../../ui/Button";
import { Icon } from "../../ui/Icon";
import { EmptyState } from "../../ui/Surfaces";
import { t } from "../../words/words";
import desk from "../desk.module.css";
import { DeskPage } from "../DeskPage";
import { useClasses } from "../queries";
import { ClassSheet } from "./ClassSheet";
import styles from "./classes.module.css";

/** `/classes`: the classes that the caller teaches. */
export default function ClassesPage() {
  return (
    <DeskPage title={t("class.title")}>
      <LiveRecords>
        <List />
      </LiveRecords>
    </DeskPage>
  );
}

function List() {
  const classes = useClasses(true);
  const [creating, setCreating] = useState(false);
  const [, navigate] = useLocation();
  const create = (
    <Button tone="primary" onPress={() => setCreating(true)}>
      <Icon name="plus" /> {t("class.create")}
    </Button>
  );
  return (
    <>
      <div className={desk.head}>
        <h1>{t("class.title")}</h1>
        {(classes.data?.length ?? 0) > 0 && create}
      </div>
      <Loaded query={classes} lines={[88, 88]}>
        {(items) =>
          items.length === 0 ? (
            <EmptyState icon="people" title={t("class.empty.title")} hint={t("class.empty.hint")}>
              {create}
            </EmptyState>
          ) : (
            <ul className={styles.list}>
              {items.map((one) => (
                <li key={one.id}>
                  <Link href={`/classes/${one.id}/gradebook`} className={styles.card}>
                    <span className={styles.cardText}>
                      <strong>{one.name}</strong>
                      <span className={desk.soft}>{t("class.students", { n: one.students.length })}</span>
                    </span>
                    <Icon name="next" />
                  </Link>
                </li>
              ))}
            </ul>
          )
        }
      </Loaded>
      {creating && <ClassSheet room={null} onClose={() => setCreating(false)} onSaved={(room) => navigate(`/classes/${room.id}`)} />}
    </>
  );
}
