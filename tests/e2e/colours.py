"""Colours: the contrast of a text with what lies behind it, as WCAG counts it."""

from playwright.async_api import Locator

CONTRAST = """node => {
    const parts = colour => (colour.match(/[\\d.]+/g) || []).map(Number);
    const light = ([r, g, b]) => {
        const [x, y, z] = [r, g, b].map(c => (c /= 255) <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4);
        return 0.2126 * x + 0.7152 * y + 0.0722 * z;
    };
    let ground = node;
    const solid = at => { const c = parts(getComputedStyle(at).backgroundColor); return c.length === 3 || c[3] === 1; };
    while (!solid(ground)) {
        ground = ground.assignedSlot || ground.parentElement || ground.getRootNode().host || null;
        if (!ground) return 0;
    }
    const pair = [parts(getComputedStyle(node).color), parts(getComputedStyle(ground).backgroundColor)];
    const [low, high] = pair.map(light).sort((a, b) => a - b);
    return (high + 0.05) / (low + 0.05);
}"""


async def contrast_of(node: Locator) -> float:
    """From 1 (the same colour) to 21 (black on white); 0 if nothing solid lies behind."""
    return float(await node.evaluate(CONTRAST))
