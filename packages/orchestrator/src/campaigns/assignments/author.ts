/** The names of people beside their work. */
import { type RawBuilder, sql } from 'kysely';

/** The name of the user in a column, or their e-mail address if two accounts share the name; the id of nobody. */
export const nameOf = (column: string): RawBuilder<string> => sql<string>`coalesce((
  select case when exists (select from "user" other where other.name = u.name and other.id <> u.id) then u.email else u.name end
  from "user" u where u.id = ${sql.ref(column)}
), ${sql.ref(column)})`;

/** Of an `assignment`: its annotator. */
export const author = nameOf('assignment.user_id').as('author');
