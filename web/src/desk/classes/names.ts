import { useMemo } from "react";
import { useColleagues } from "../../api/queries";
import { useSession } from "../../api/session";

/** The staff of the school by id, the caller among them. */
export function useColleagueNames(): ReadonlyMap<string, string> {
  const colleagues = useColleagues().data;
  const me = useSession()?.me;
  return useMemo(() => new Map<string, string>([...(colleagues ?? []).map((one): [string, string] => [one.id, one.name]), ...(me ? [[me.id, me.name] as [string, string]] : [])]), [colleagues, me]);
}
