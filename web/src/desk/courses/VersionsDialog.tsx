import { useQuery } from "@tanstack/react-query";
import type { Lesson } from "../../api/record-types";
import { lessonCalls } from "../../records/calls";
import { keys } from "../../records/keys";
import { Loaded } from "../../records/Loaded";
import { Button } from "../../ui/Button";
import { Dialog } from "../../ui/Dialog";
import { dateTime, t } from "../../words/words";
import desk from "../desk.module.css";
import styles from "./courses.module.css";

interface VersionsDialogProps {
  lesson: Lesson;
  onClose: () => void;
  /** Puts an old version into the editor. */
  onTake: (version: number) => Promise<void>;
}

/** Every version that a lesson has had, the newest first. */
export function VersionsDialog({ lesson, onClose, onTake }: VersionsDialogProps) {
  const versions = useQuery({ queryKey: keys.lessonVersions(lesson.id), queryFn: (context) => lessonCalls.versions(lesson.id, context) });
  return (
    <Dialog title={t("lesson.history")} isOpen onClose={onClose} sheet>
      <Loaded query={versions} lines={[56, 56, 56]}>
        {(all) => (
          <ul className={styles.versions}>
            {all.map(({ version, title, made_at }) => (
              <li key={version} className={styles.version}>
                <div>
                  <strong>{t("lesson.history.version", { n: version })}</strong> {version === lesson.published_version && <span className={desk.pill} data-tone="good">{t("lesson.history.published")}</span>}
                  <div className={`${desk.soft} ${desk.small}`}>
                    {title} · {dateTime(made_at)}
                  </div>
                </div>
                {version !== lesson.version && (
                  <Button tone="outline" aria-label={`${t("lesson.history.take")}: ${t("lesson.history.version", { n: version })}`} onPress={() => void onTake(version)}>
                    {t("lesson.history.take")}
                  </Button>
                )}
              </li>
            ))}
          </ul>
        )}
      </Loaded>
    </Dialog>
  );
}
