use std::io::{self, Write};

use unicode_width::UnicodeWidthStr;

/// A table that is printed while its rows are read: aligned on a terminal, and separated by tabs otherwise.
pub(super) struct Table<const COLUMNS: usize> {
    is_aligned: bool,
    widths: [usize; COLUMNS],
    header: Option<[&'static str; COLUMNS]>,
}

impl<const COLUMNS: usize> Table<COLUMNS> {
    pub(super) fn new(header: [&'static str; COLUMNS], is_aligned: bool) -> Self {
        Self { is_aligned, widths: [0; COLUMNS], header: Some(header).filter(|_| is_aligned) }
    }

    /// Prints rows, on a terminal after the header the first time. A column is as wide as its widest value so far.
    pub(super) fn print(
        &mut self,
        out: &mut impl Write,
        rows: &[[String; COLUMNS]],
    ) -> io::Result<()> {
        let header = self.header.take().map(|header| header.map(str::to_owned));
        for row in header.iter().chain(rows) {
            for (width, value) in self.widths.iter_mut().zip(row) {
                *width = (*width).max(value.width());
            }
        }
        for row in header.iter().chain(rows) {
            self.print_row(out, row)?;
        }
        Ok(())
    }

    fn print_row(&self, out: &mut impl Write, row: &[String; COLUMNS]) -> io::Result<()> {
        if !self.is_aligned {
            return writeln!(out, "{}", row.join("\t"));
        }
        let mut line = String::new();
        for (width, value) in self.widths.iter().zip(row) {
            line.push_str(value);
            line.extend(std::iter::repeat_n(' ', width - value.width() + 2));
        }
        writeln!(out, "{}", line.trim_end())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn printed(is_aligned: bool) -> String {
        let mut table = Table::new(["ID", "NAME"], is_aligned);
        let mut out = Vec::new();
        let row = |id: &str, name: &str| [id.to_owned(), name.to_owned()];
        table.print(&mut out, &[row("1", "李"), row("1000", "x")]).unwrap();
        table.print(&mut out, &[row("2", "y")]).unwrap();
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn columns_are_aligned_on_a_terminal_only() {
        assert_eq!(printed(true), "ID    NAME\n1     李\n1000  x\n2     y\n");
        assert_eq!(printed(false), "1\t李\n1000\tx\n2\ty\n");
    }
}
