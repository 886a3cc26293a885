package notify

import (
	"errors"
	"fmt"
	"reflect"
	"text/template/parse"
)

// checkTrees looks through every branch of every text, those included that no letter takes today: each field must exist in what texts may
// speak of, and each text that another calls must be there.
func (w *wording) checkTrees() error {
	var errs []error
	for _, name := range w.names() {
		t := w.texts.Lookup(name)
		c := treeCheck{w: w, tree: t.Tree}
		c.node(t.Root)
		for _, e := range c.errs {
			errs = append(errs, fmt.Errorf("%s: %w", w.from[name], e))
		}
	}
	return errors.Join(errs...)
}

// speakable is what texts may speak of.
var speakable = reflect.TypeFor[itemView]()

type treeCheck struct {
	w    *wording
	tree *parse.Tree
	errs []error
}

func (c *treeCheck) fail(format string, args ...any) {
	c.errs = append(c.errs, fmt.Errorf(format, args...))
}

func (c *treeCheck) node(n parse.Node) {
	switch n := n.(type) {
	case *parse.ListNode:
		if n == nil {
			return
		}
		for _, child := range n.Nodes {
			c.node(child)
		}
	case *parse.ActionNode:
		c.pipe(n.Pipe)
	case *parse.IfNode:
		c.pipe(n.Pipe)
		c.node(n.List)
		c.node(n.ElseList)
	case *parse.TemplateNode:
		if c.w.texts.Lookup(n.Name) == nil {
			c.fail("no text is called %q", n.Name)
		}
		c.pipe(n.Pipe)
	case *parse.TextNode, *parse.CommentNode:
	default: // range, with, break: they change what the dot is, and nothing that texts speak of is a list
		c.fail("%s can't be used in a text; if, else and template can", n)
	}
}

func (c *treeCheck) pipe(p *parse.PipeNode) {
	if p == nil {
		return
	}
	if len(p.Decl) > 0 {
		c.fail("%s: a text can't keep variables", p)
	}
	for _, cmd := range p.Cmds {
		for _, arg := range cmd.Args {
			c.argument(arg)
		}
	}
}

func (c *treeCheck) argument(n parse.Node) {
	switch n := n.(type) {
	case *parse.PipeNode:
		c.pipe(n)
	case *parse.FieldNode:
		c.field(n.Ident)
	case *parse.VariableNode, *parse.ChainNode:
		c.fail("%s can't be used in a text", n)
	case *parse.IdentifierNode:
		if !wordFuncs[n.Ident] {
			c.fail("the function %s can't be used in a text", n.Ident)
		}
	}
}

// wordFuncs are the functions of templates that texts need. What executes, escapes or calls is not among them.
var wordFuncs = map[string]bool{"eq": true, "ne": true, "lt": true, "le": true, "gt": true, "ge": true, "and": true, "or": true, "not": true}

func (c *treeCheck) field(idents []string) {
	t := speakable
	for _, name := range idents {
		f, ok := t.FieldByName(name)
		if !ok || !f.IsExported() {
			c.fail("there is no .%s", name)
			return
		}
		t = f.Type
	}
}
