//! The design system of the product's owner, as data. Templates use only these colours, classes and fonts.

/// Each colour's name, its light value, and its dark value if it differs. The last three rows are ours: text on the accent and
/// links pass WCAG 2.2 AA in both themes, and a menu stands out from the dark page, where shadows do not show.
pub(super) const COLORS: &[(&str, &str, Option<&str>)] = &[
    ("bg-primary", "#FFFFFF", Some("#030712")),
    ("bg-secondary", "#F8FAFC", Some("#0F172A")),
    ("bg-tertiary", "#F1F5F9", Some("#1E293B")),
    ("text-primary", "#000000", Some("#F8FAFC")),
    ("text-secondary", "#1D1D1F", Some("#94A3B8")),
    ("text-tertiary", "#48484A", Some("#64748B")),
    ("border", "#E2E8F0", Some("#1E293B")),
    ("border-hover", "#CBD5E1", Some("#334155")),
    ("accent", "#2E8ECE", None),
    ("accent-hover", "#2577AD", None),
    ("accent-light", "#E8F4FB", Some("#172554")),
    ("accent-dark", "#1A3A52", None),
    ("success", "#27AE60", None),
    ("success-bg", "#D5F5E3", Some("#052E16")),
    ("warning", "#F1C40F", None),
    ("warning-bg", "#FEF9E7", Some("#422006")),
    ("danger", "#E74C3C", None),
    ("danger-bg", "#FADBD8", Some("#450A0A")),
    ("info", "#2E8ECE", None),
    ("on-accent", "#FFFFFF", None),
    ("bg-raised", "var(--color-bg-primary)", Some("var(--color-bg-tertiary)")),
    ("link", "var(--color-accent-hover)", Some("var(--color-accent)")),
];

/// The type scale: each class with its size, line height, weight and letter spacing.
pub(super) const TYPE: &[(&str, &str)] = &[
    ("text-display", "text-[3.5rem] leading-[1.05] font-bold tracking-[-0.04em]"),
    ("text-h1", "text-[2.5rem] leading-[1.1] font-bold tracking-[-0.03em]"),
    ("text-h2", "text-[1.75rem] leading-[1.2] font-semibold tracking-[-0.02em]"),
    ("text-h3", "text-[1.375rem] leading-[1.25] font-semibold tracking-[-0.015em]"),
    ("text-h4", "text-[1.125rem] leading-[1.3] font-semibold tracking-[-0.01em]"),
    ("text-body-lg", "text-[1.125rem] leading-[1.5] tracking-[-0.011em]"),
    ("text-body", "text-[1rem] leading-[1.5] tracking-[-0.011em]"),
    ("text-small", "text-[0.875rem] leading-[1.4] tracking-[-0.006em]"),
    ("text-xs", "text-[0.75rem] leading-[1.4] tracking-[-0.003em]"),
];

pub(super) const FONT_SANS: &str =
    "'Geist Sans', ui-sans-serif, system-ui, -apple-system, 'Segoe UI', Roboto, sans-serif";
pub(super) const FONT_MONO: &str =
    "'JetBrains Mono', ui-monospace, SFMono-Regular, Menlo, Consolas, monospace";

/// Returns the CSS variables and the focus outline. The dark theme follows the class that the toggle sets, or the system's
/// preference if no script runs. Paper is light.
pub(super) fn variables() -> String {
    let block = |scheme: &str, colors: &mut dyn Iterator<Item = (&str, &str)>| {
        let variables: String =
            colors.map(|(name, value)| format!("--color-{name}:{value};")).collect();
        format!("{{color-scheme:{scheme};{variables}}}")
    };
    let light = block("light", &mut COLORS.iter().map(|(name, light, _)| (*name, *light)));
    let dark =
        block("dark", &mut COLORS.iter().filter_map(|(name, _, dark)| Some((*name, (*dark)?))));
    format!(
        ":root{light}\n.dark{dark}\n@media (prefers-color-scheme:dark){{:root:not(.light){dark}}}\n\
         @media print{{:root:root:root{light}}}\n\
         :focus-visible{{outline:2px solid var(--color-accent);outline-offset:2px}}\n"
    )
}
