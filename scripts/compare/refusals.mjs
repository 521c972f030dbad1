// Requests to every route that it must refuse: without a session, by an outsider, by an annotator, with unknown ids, with
// unexpected bodies. None of them changes anything.

/** Values of the parameters in addresses: existing ones, from the recording; then absent and malformed ones. */
const real = (kept) => ({
  ...{ campaign: 'people', dataset: 'people', image: '1', mask: kept.mask1, export: kept.export },
  ...{ assignment: kept.a1, task: kept.t1, user: kept.ann, key: 'none' },
});
const absent = {
  ...{ campaign: 'none', dataset: 'none', image: '12345', mask: 'none', export: 'none' },
  ...{ assignment: 'none', task: '999999999', user: 'none', key: 'none' },
};
const malformed = '%20';

/** @param kept values from the recording @yields steps of a player */
export function* refusals({ paths }, kept) {
  for (const [path, methods] of Object.entries(paths)) {
    const to = (values) => path.replace(/\{(\w+)\}/g, (_, name) => values?.[name] ?? malformed);
    const named = path.includes('{');
    for (const [name, { requestBody }] of Object.entries(methods)) {
      const method = name.toUpperCase();
      const body = requestBody ? { body: { 'no such field': 1 } } : {};
      const isStream = path.endsWith('/events');
      yield { as: 'nobody', ask: `${method} ${to(real(kept))}`, ...body };
      if (named) {
        for (const values of [absent, undefined]) yield { as: 'admin', ask: `${method} ${to(values)}`, ...body };
        yield { as: 'bob', ask: `${method} ${to(absent)}`, ...body };
      }
      // The route refuses an outsider, or only reads.
      if ((named || requestBody) && !isStream) yield { as: 'outsider', ask: `${method} ${to(real(kept))}`, ...body };
      if (requestBody) {
        const ask = `${method} ${to(real(kept))}`;
        yield { as: 'admin', ask, ...body };
        for (const raw of ['', '{', '[]', '"text"', 'null']) yield { as: 'admin', ask, raw };
        yield { as: 'admin', ask, raw: '{}', headers: { 'content-type': 'text/plain' } };
        yield { as: 'ann', ask, ...body };
        yield { as: 'rita', ask, ...body };
      } else if (method === 'GET' && !isStream) {
        for (const as of ['ann', 'rita', 'mo', 'admin']) yield { as, ask: `GET ${to(real(kept))}` };
      }
      if (method === 'GET') yield { as: 'admin', ask: `OPTIONS ${to(real(kept))}` };
    }
  }
}
