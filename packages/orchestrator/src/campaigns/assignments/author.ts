/** The names of annotators beside their work. */
import { sql } from 'kysely';

/** Of an `assignment`: its user's name, or e-mail address if two accounts share the name. */
export const author = sql<string>`coalesce((
  select case when exists (select from "user" other where other.name = u.name and other.id <> u.id) then u.email else u.name end
  from "user" u where u.id = assignment.user_id
), assignment.user_id)`.as('author');
