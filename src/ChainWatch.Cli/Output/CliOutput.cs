using System.Globalization;
using System.Text.Encodings.Web;
using System.Text.Json;
using Spectre.Console;

namespace ChainWatch.Cli;

/// <summary>Where a command's result goes: a table for people, or JSON for programs, made from the same rows.</summary>
internal sealed class CliOutput(TextWriter writer, bool json)
{
    private static readonly JsonWriterOptions s_json = new() { Indented = true, Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    private readonly IAnsiConsole _console = AnsiConsole.Create(new AnsiConsoleSettings { Out = new AnsiConsoleOutput(writer) });

    /// <summary>True where a person may be watching.</summary>
    public bool IsForPeople => !json;

    /// <summary>Prints rows under their columns. In JSON it is an array of objects whose fields are the columns.</summary>
    public void Rows(CliTable table)
    {
        if (json)
        {
            Print(output =>
            {
                output.WriteStartArray();
                foreach (object?[] row in table.Rows)
                {
                    WriteObject(output, table.Columns, row);
                }

                output.WriteEndArray();
            });
            return;
        }

        Table shown = new() { Border = TableBorder.Rounded };
        foreach (string column in table.Columns)
        {
            shown.AddColumn(new TableColumn(Markup.Escape(column)).NoWrap());
        }

        foreach (object?[] row in table.Rows)
        {
            shown.AddRow([.. row.Select(static value => new Text(Show(value)))]);
        }

        if (_console.Profile.Out.IsTerminal)
        {
            _console.Write(shown);
        }
        else
        {
            // For grep and cut: a line for each row, fields divided by tabs.
            writer.WriteLine(string.Join('\t', table.Columns));
            foreach (object?[] row in table.Rows)
            {
                writer.WriteLine(string.Join('\t', row.Select(Show)));
            }
        }
    }

    /// <summary>Prints one thing: a line for each of its fields, or a JSON object.</summary>
    public void One(params (string Name, object? Value)[] fields)
    {
        if (json)
        {
            Print(output => WriteObject(output, [.. fields.Select(static field => field.Name)], [.. fields.Select(static field => field.Value)]));
            return;
        }

        int width = fields.Max(static field => field.Name.Length);
        foreach ((string name, object? value) in fields)
        {
            writer.WriteLine($"{name.PadRight(width)}  {Show(value)}");
        }
    }

    private void Print(Action<Utf8JsonWriter> write)
    {
        using MemoryStream stream = new();
        using (Utf8JsonWriter output = new(stream, s_json))
        {
            write(output);
        }

        writer.WriteLine(System.Text.Encoding.UTF8.GetString(stream.ToArray()));
    }

    private static void WriteObject(Utf8JsonWriter output, IReadOnlyList<string> names, object?[] values)
    {
        output.WriteStartObject();
        for (int index = 0; index < names.Count; index++)
        {
            output.WritePropertyName(FieldName(names[index]));
            switch (values[index])
            {
                case null: output.WriteNullValue(); break;
                case bool value: output.WriteBooleanValue(value); break;
                case int value: output.WriteNumberValue(value); break;
                case long value: output.WriteNumberValue(value); break;
                // Amounts are larger than what readers of JSON take a number for.
                case DateTimeOffset value: output.WriteStringValue(value.ToUniversalTime()); break;
                default: output.WriteStringValue(Show(values[index])); break;
            }
        }

        output.WriteEndObject();
    }

    /// <summary>A column's name as a field of JSON: <c>block height</c> becomes <c>blockHeight</c>.</summary>
    private static string FieldName(string column)
    {
        string[] words = column.Split(' ');
        return words[0] + string.Concat(words.Skip(1).Select(static word => char.ToUpperInvariant(word[0]) + word[1..]));
    }

    private static string Show(object? value) => value switch
    {
        null => "",
        bool truth => truth ? "yes" : "no",
        DateTimeOffset time => time.ToUniversalTime().ToString("yyyy-MM-dd HH:mm:ss'Z'", CultureInfo.InvariantCulture),
        IFormattable formattable => formattable.ToString(null, CultureInfo.InvariantCulture),
        _ => value.ToString() ?? "",
    };
}
