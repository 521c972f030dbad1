import { createElement } from 'react';
import { renderToStaticMarkup } from 'react-dom/server';
import { describe, expect, test } from 'vitest';
import Markdown from '../src/markdown.tsx';

const render = (text: string) => renderToStaticMarkup(createElement(Markdown, { text }));
const away = 'target="_blank" rel="noopener noreferrer nofollow"';

test.each([
  ['# Cups\n## Small', '<div><h3>Cups</h3><h4>Small</h4></div>'],
  ['Every *cup*\nand **plate**', '<p>Every <em>cup</em>\nand <strong>plate</strong></p>'],
  ['- one\n- two', '<ul><li>one</li><li>two</li></ul>'],
  ['a < b & c, <car>', '<p>a &lt; b &amp; c, &lt;car&gt;</p>'],
  ['`<b>`', '<p><code>&lt;b&gt;</code></p>'],
  ['[guide](https://a.test/x?y=1)', `<p><a href="https://a.test/x?y=1" ${away}>guide</a></p>`],
  ['see https://a.test', `<p>see <a href="https://a.test" ${away}>https://a.test</a></p>`],
  ['![a cup](https://a.test/x.png)', `<p><a href="https://a.test/x.png" ${away}>a cup</a></p>`],
  ['| a |\n| - |\n| 1 |', '<table><thead><tr><th>a</th></tr></thead><tbody><tr><td>1</td></tr></tbody></table>'],
])('%j is rendered', (text, html) => expect(render(text)).toBe(html));

describe('hostile Markdown becomes text and links only', () => {
  const hostile = [
    '<script>alert(1)</script>',
    '<img src=x onerror=alert(1)>',
    '# <img src=x onerror=alert(1)>',
    '| <script>x</script> |\n| - |\n| <svg onload=alert(1)> |',
    '<a href="javascript:alert(1)" onclick="alert(1)">x</a>',
    '<div>\n\n[x](javascript:alert(1))\n\n</div>',
    '<style>*{display:none}</style>',
    '<iframe srcdoc="<script>alert(1)</script>"></iframe>',
    '<math><mtext><style><img src=x onerror=alert(1)>',
    '<!--><script>alert(1)</script>-->',
    '[x](javascript:alert(1))',
    '[x](JaVaScRiPt:alert(1))',
    '[x]( javascript:alert(1))',
    '[x](java\tscript:alert(1))',
    '[x](&#106;avascript:alert(1))',
    '[x](&#x6A;avascript&colon;alert(1))',
    '[x](data:text/html,<script>alert(1)</script>)',
    '[x](vbscript:x)',
    '[x](//evil.test)',
    '[x](/api/me)',
    '[x](https:alert(1))',
    '[x][1]\n\n[1]: javascript:alert(1)',
    '<javascript:alert(1)>',
    '![x](javascript:alert(1))',
    '![x](data:image/svg+xml,<svg onload=alert(1)>)',
    '![x](https://a.test/x" onerror="alert(1))',
    '[x](https://a.test" onmouseover="alert(1))',
    '[x](https://a.test "t\\" onmouseover=\\"alert(1)")',
    '```js" onload="alert(1)\nx\n```',
    '[^1]\n\n[^1]: <img src=x onerror=alert(1)>',
    '# root\n# stage',
    '\0<script>alert(1)</script>',
    `${'['.repeat(2000)}${'*'.repeat(2000)}${'`'.repeat(2000)}`,
  ];
  const tags =
    /^(\/?(div|p|h[345]|em|strong|del|code|pre|ul|ol|li|table|thead|tbody|tr|t[hd]|hr|br|blockquote|sup|footer))$/;
  test.each(hostile)('%j', (text) => {
    for (const [, tag, attributes] of render(text).matchAll(/<(\/?\w+)([^>]*)>/g)) {
      if (tag === 'a')
        expect(attributes).toMatch(/^ href="https?:\/\/[^"]*" target="_blank" rel="noopener noreferrer nofollow"$/);
      else if (tag !== '/a') {
        expect(tag).toMatch(tags);
        expect(attributes).toMatch(/^( id=""| class="language-[^"]*")?$/);
      }
    }
  });
});
