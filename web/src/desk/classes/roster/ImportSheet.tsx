import { useQueryClient } from "@tanstack/react-query";
import { useRef, useState } from "react";
import { newOp } from "../../../api/op";
import type { ImportReport } from "../../../api/record-types";
import type { ClassId } from "../../../api/types";
import { classCalls, type ImportMode } from "../../../records/calls";
import { keys } from "../../../records/keys";
import { useSaving } from "../../../records/saving";
import { Button } from "../../../ui/Button";
import { Dialog } from "../../../ui/Dialog";
import { Icon } from "../../../ui/Icon";
import { Table } from "../../../ui/Surfaces";
import { TextField } from "../../../ui/TextField";
import { toast } from "../../../ui/toast";
import { t } from "../../../words/words";
import desk from "../../desk.module.css";
import { IMPORT_MAX_BYTES } from "../../files";
import styles from "../classes.module.css";
import { asCsv, linesOf } from "./csv";

/** A roster from a file or a spreadsheet: first what each row would do, then the choice. */
export function ImportSheet({ id, onClose }: { id: ClassId; onClose: () => void }) {
  const [text, setText] = useState("");
  const [report, setReport] = useState<ImportReport | null>(null);
  const [problem, setProblem] = useState<string | null>(null);
  const file = useRef<HTMLInputElement>(null);
  const saving = useSaving();
  const queries = useQueryClient();
  const csv = asCsv(text);

  const check = async (): Promise<void> => {
    setProblem(null);
    await saving.run(async () => setReport(await classCalls.import(id, csv, "check", newOp())));
  };
  const take = (mode: ImportMode): Promise<boolean> =>
    saving.run(async () => {
      const done = await classCalls.import(id, csv, mode, newOp());
      // Between the check and now somebody may have changed the roster: what would happen is told again.
      if (!done.taken) return setReport(done);
      void queries.invalidateQueries({ queryKey: keys.class(id) });
      void queries.invalidateQueries({ queryKey: keys.classes });
      toast({ text: t("roster.import.taken", { n: done.added + done.changed }) });
      onClose();
    });
  const open = async (chosen: File | undefined): Promise<void> => {
    if (!chosen) return;
    if (chosen.size > IMPORT_MAX_BYTES) return setProblem(t("library.import.too_big"));
    setText(await chosen.text());
  };

  const good = report === null ? 0 : report.added + report.changed;
  return (
    <Dialog
      title={t("roster.import.title")}
      isOpen
      onClose={onClose}
      size="wide"
      actions={
        report === null ? (
          <Button tone="primary" isDisabled={text.trim() === ""} onPress={() => void check()}>
            {t(saving.busy ? "roster.import.checking" : "roster.import.check")}
          </Button>
        ) : (
          <>
            <Button onPress={() => setReport(null)}>{t("roster.import.back")}</Button>
            {good > 0 && report.refused === 0 && (
              <Button tone="primary" onPress={() => void take("all_or_nothing")}>
                {t("roster.import.take_all", { n: good })}
              </Button>
            )}
            {good > 0 && report.refused > 0 && (
              <Button onPress={() => void take("take_good")}>
                {t("roster.import.take_good", { n: good })}
              </Button>
            )}
          </>
        )
      }
    >
      {(problem ?? saving.fault) !== null && (
        <p role="alert" className={desk.fault}>
          {problem ?? saving.fault}
        </p>
      )}
      {report === null ? (
        <div className={desk.form}>
          <p className={desk.soft}>{t("roster.import.hint")}</p>
          {/* eslint-disable-next-line jsx-a11y/no-autofocus -- who opens the dialog wants to paste */}
          <TextField label={t("roster.import.text")} hint={t("roster.import.columns")} rows={8} value={text} onChange={setText} autoFocus />
          <div>
            <Button tone="outline" onPress={() => file.current?.click()}>
              <Icon name="upload" /> {t("roster.import.file")}
            </Button>
            <input ref={file} type="file" accept=".csv,.txt,text/csv" hidden aria-label={t("roster.import.file")} onChange={(event) => void open(event.target.files?.[0])} />
          </div>
        </div>
      ) : (
        <Verdicts report={report} csv={csv} />
      )}
    </Dialog>
  );
}

function Verdicts({ report, csv }: { report: ImportReport; csv: string }) {
  const lines = linesOf(csv);
  const { added, changed, unchanged, refused } = report;
  return (
    <>
      <p role="status">{added + changed + refused === 0 ? t("roster.import.nothing") : t("roster.import.sum", { added, changed, unchanged, refused })}</p>
      {/* eslint-disable-next-line jsx-a11y/no-noninteractive-tabindex -- a part that scrolls is reached by keyboard */}
      <div className={styles.scroll} tabIndex={0} role="region" aria-label={t("roster.import.col.verdict")}>
        <Table className={styles.table ?? ""}>
          <caption className="visually-hidden">{t("roster.import.title")}</caption>
          <thead>
            <tr>
              <th scope="col" data-number="">
                {t("roster.import.col.row")}
              </th>
              <th scope="col">{t("roster.import.col.verdict")}</th>
              <th scope="col">{t("roster.import.col.text")}</th>
            </tr>
          </thead>
          <tbody>
            {report.rows.map((row) => (
              <tr key={row.row}>
                <td data-number="">{row.row}</td>
                <td className={styles.verdict} data-verdict={row.verdict}>
                  {t(`roster.import.${row.verdict}`)}
                  {row.problem && <div>{row.problem}</div>}
                </td>
                <td className={styles.said}>{lines.get(row.row) ?? ""}</td>
              </tr>
            ))}
          </tbody>
        </Table>
      </div>
    </>
  );
}
