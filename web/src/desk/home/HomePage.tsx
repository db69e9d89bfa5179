import { Redirect } from "wouter";
import { useSession } from "../../api/session";
import { teaches } from "../../shell/Header";
import { StudentHome } from "../../student/StudentHome";

/** `/home`: where signing in leads. Teachers go to their library, students see their classes. */
export default function HomePage() {
  const session = useSession();
  if (session === null) return <Redirect to="/signin" replace />;
  return teaches(session.me.role) ? <Redirect to="/library" replace /> : <StudentHome />;
}
