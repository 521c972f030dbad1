/** The logo and the name, which lead to the first page. */
export const Brand = () => (
  <a href="/" className="brand">
    <img src="/icon.svg" alt="" width="22" height="22" />
    Saltworks
  </a>
);
