import { Button } from "../../ui/Button";
import { Icon } from "../../ui/Icon";
import { toast } from "../../ui/toast";
import { t } from "../../words/words";
import desk from "../desk.module.css";
import { curlOf, type Carried, type Operation } from "./openapi";
import { ShapeName } from "./ShapeName";
import styles from "./developers.module.css";

/** One operation: a line that opens to everything about it. */
export function OperationDetails({ operation }: { operation: Operation }) {
  const curl = curlOf(operation, window.location.origin);
  const copy = async (): Promise<void> => {
    await navigator.clipboard.writeText(curl);
    toast({ text: t("api.copied") });
  };
  return (
    <details className={styles.item}>
      <summary className={styles.summary}>
        <span className={styles.method} data-method={operation.method}>
          {operation.method}
        </span>
        <code className={styles.path}>{operation.path}</code>
        <span className={styles.words}>{operation.summary}</span>
      </summary>
      <div className={styles.body}>
        {operation.description !== "" && <p className={styles.description}>{operation.description}</p>}
        {operation.parameters.length > 0 && (
          <>
            <h3 className={styles.part}>{t("api.parameters")}</h3>
            <dl className={styles.fields}>
              {operation.parameters.map((parameter) => (
                <div key={`${parameter.in}.${parameter.name}`}>
                  <dt>
                    <code>{parameter.name}</code> {parameter.required && <span className={desk.pill}>{t("api.required")}</span>}
                  </dt>
                  <dd>
                    {t("api.in", { place: parameter.in })} {parameter.description !== undefined && <span className={desk.soft}>· {parameter.description}</span>}
                  </dd>
                </div>
              ))}
            </dl>
          </>
        )}
        {operation.bodies.length > 0 && (
          <>
            <h3 className={styles.part}>{t("api.body")}</h3>
            <Bodies bodies={operation.bodies} />
          </>
        )}
        {operation.responses.length > 0 && (
          <>
            <h3 className={styles.part}>{t("api.responses")}</h3>
            <dl className={styles.fields}>
              {operation.responses.map((response) => (
                <div key={response.status}>
                  <dt>
                    <code>{response.status}</code>
                  </dt>
                  <dd>
                    {response.description}
                    <Bodies bodies={response.bodies} />
                  </dd>
                </div>
              ))}
            </dl>
          </>
        )}
        <h3 className={styles.part}>{t("api.curl")}</h3>
        <div className={styles.curl}>
          <pre>{curl}</pre>
          {/* Browsers offer the clipboard only on safe origins. */}
          {"clipboard" in navigator && (
            <Button tone="outline" onPress={() => void copy()}>
              <Icon name="copy" /> {t("api.copy")}
            </Button>
          )}
        </div>
      </div>
    </details>
  );
}

function Bodies({ bodies }: { bodies: Carried[] }) {
  return bodies.map((body) => (
    <p key={body.mediaType} className={desk.small}>
      <span className={desk.soft}>{body.mediaType}</span> <ShapeName shape={body.shape} />
    </p>
  ));
}
